"""The text of --model, and run directories."""

import json
import sys

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.models import LoadedModel, load_model, save_model
from sparring.registry import parse

SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, k=3):
        super().__init__()
        self.layer = nn.Linear(4, k)
    def forward(self, x):
        return self.layer(x.flatten(1))

def make():
    torch.manual_seed(0)
    return Net(5)

ready = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))

def scores(x):
    return x.flatten(1) * 3

def factory():
    return scores

def nothing():
    return 3

def fails():
    raise OSError("no weights")
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize(("name", "outputs"), [("Net", 3), ("make", 5), ("ready", 2), ("scores", 4), ("factory", 4)])
def test_what_a_name_in_a_file_may_be(file, name, outputs):
    model = load_model(f"{file}:{name}")
    assert isinstance(model.module, nn.Module)
    assert model.module(torch.ones(2, 1, 2, 2)).shape == (2, outputs)
    assert model.text == f"{file}:{name}"
    assert model.classes is model.input_shape is None


def test_the_checksum_of_a_function_is_of_its_source(file):
    first = load_model(f"{file}:scores").checksum
    assert load_model(f"{file}:scores").checksum == first
    file.write_text(SOURCE.replace("* 3", "* 4"))
    assert load_model(f"{file}:scores").checksum != first


def test_a_module_of_a_package_on_the_path(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    (file.parent / "package_for_load").mkdir()
    (file.parent / "package_for_load" / "nets.py").write_text(SOURCE)
    assert load_model("package_for_load.nets:make").module(torch.ones(1, 4)).shape == (1, 5)
    with pytest.raises(InputError, match="ModuleNotFoundError"):
        load_model("package_for_load.net:make")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FILE:mak", "got 'mak'; did you mean 'make'"),
        ("FILE:nothing", "expected an nn.Module, .* got int"),
        ("FILE:fails", "to run, got OSError: no weights"),
        ("FILE", "got the file .*: write a function"),
        ("none.py:f", "expected a Python file at none.py"),
        ("resnet", "got the untrained 'resnet': train one .*efficientnet-lite0"),
        ("efficientnet", "did you mean 'efficientnet-lite0'"),
        ("", "empty text"),
        ("weights.pt", "got 'weights.pt': nothing is there"),
        ("./nowhere", "got './nowhere': nothing is there"),
        ("pgd", "expected a model, got 'pgd'"),
    ],
)
def test_what_is_no_model_is_told_in_one_line(file, text, words):
    with pytest.raises(InputError, match=words) as caught:
        load_model(text.replace("FILE", str(file)))
    assert "\n" not in str(caught.value)


def test_modules_and_loaded_models_pass_through():
    net = nn.Linear(2, 2)
    model = load_model(net, classes=["a", "b"], input_shape=(2,))
    assert model.module is net
    assert (model.classes, model.input_shape) == (("a", "b"), (2,))
    assert load_model(model).module is net
    assert load_model(model, classes=["c", "d"]).classes == ("a", "b")  # what the model says itself stands


def test_the_shape_of_the_data_must_be_the_models():
    model = LoadedModel(nn.Identity(), "net", input_shape=(3, 224, 224))
    with pytest.raises(
        InputError, match="expected samples of 3x224x224 for net, got 1x28x28: try --size 224 --channels 3"
    ):
        load_model(model, input_shape=(1, 28, 28))


def trained(folder, text="resnet(width=4)"):
    net = parse(text).build((1, 8, 8), 3, seed=1)
    net(torch.rand(8, 1, 8, 8, generator=torch.Generator().manual_seed(0)))  # moves BatchNorm's statistics
    save_model(folder, text, net, input_shape=(1, 8, 8), classes=["a", "b", "c"], data="digits", seed=1)
    return net.eval()


def test_a_run_directory_gives_back_the_same_bits(tmp_path):
    net = trained(tmp_path / "run")
    model = load_model(tmp_path / "run")
    x = torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(2))
    assert torch.equal(model.module(x), net(x))
    assert (model.classes, model.input_shape) == (("a", "b", "c"), (1, 8, 8))
    assert not model.module.training
    spec = json.loads((tmp_path / "run" / "spec.json").read_text())
    assert (spec["model"], spec["channels"], spec["num_classes"], spec["data"]) == ("resnet(width=4)", 1, 3, "digits")
    assert spec["checksum"] == model.checksum
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["model.safetensors", "spec.json"]


def test_damaged_run_directories_are_told(tmp_path):
    with pytest.raises(InputError, match=r"spec\.json, got nothing there"):
        load_model(tmp_path)
    trained(tmp_path)
    weights, spec = tmp_path / "model.safetensors", tmp_path / "spec.json"
    whole, described = weights.read_bytes(), json.loads(spec.read_text())

    weights.write_bytes(whole[:100])
    with pytest.raises(InputError, match=r"expected the weights of resnet\(width=4\)"):
        load_model(tmp_path)
    weights.unlink()
    with pytest.raises(InputError, match=r"expected weights at .*model\.safetensors, got nothing"):
        load_model(tmp_path)
    weights.write_bytes(whole)
    spec.write_text(json.dumps({**described, "model": "resnet(width=8)"}))
    with pytest.raises(InputError, match=r"expected the weights of resnet\(width=8\)"):
        load_model(tmp_path)
    spec.write_text(json.dumps({**described, "checksum": "of another training"}))
    with pytest.raises(InputError, match="got others"):
        load_model(tmp_path)
    spec.write_text(json.dumps({"attack": "pgd"}))
    with pytest.raises(InputError, match="is this the run directory of a training"):
        load_model(tmp_path)


def test_only_nets_to_train_are_saved(tmp_path):
    with pytest.raises(InputError, match="expected a net to train, got efficientnet-lite0"):
        save_model(tmp_path, "efficientnet-lite0", nn.Linear(1, 1), input_shape=(1,), classes=["a", "b"])
    assert list(tmp_path.iterdir()) == []
