"""Any classifier as a judge: its penultimate features and its probabilities, of one kind whatever the batch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.metrics import frechet_distance
from sparring.metrics.features import features_unit, levels_of, see
from sparring.metrics.features.classifier import Classifier
from sparring.models import save_model
from sparring.registry import parse

DIGITS = load_data("digits:test")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, nn.Module]:
    folder = tmp_path_factory.mktemp("net")
    net = parse("resnet").build((3, 16, 16), 4, seed=1).eval()  # type: ignore[attr-defined]
    save_model(folder, "resnet", net, input_shape=(3, 16, 16), classes=list("abcd"))
    return folder, net


def test_it_sees_what_goes_into_the_last_linear_layer(saved: tuple[Path, nn.Module]) -> None:
    folder, net = saved
    x = torch.rand(9, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    network = features_unit(str(folder)).load((3, 16, 16))
    seen = see(x, network)
    last = [module for module in net.modules() if isinstance(module, nn.Linear)][-1]
    inputs: list[torch.Tensor] = []
    last.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
    with torch.no_grad():
        logits = net(levels_of(x).float() / 255)
    assert torch.allclose(seen.features.float(), inputs[0], rtol=1e-3, atol=1e-4)
    assert seen.probabilities is not None
    assert torch.allclose(seen.probabilities.float(), logits.softmax(1), rtol=1e-3, atol=1e-5)
    assert (network.name, network.resize) == (str(folder), "none")
    assert len(network.checksum) == 64


def test_gray_images_of_another_size_are_shown_in_its_own(saved: tuple[Path, nn.Module]) -> None:
    folder, _ = saved
    network = features_unit(str(folder)).load((1, 8, 8))
    assert network.resize == "bilinear-antialias 8x8 to 16x16, gray as RGB"
    assert see(DIGITS.pixels[:3], network).features.shape[0] == 3
    other = Classifier(model=str(folder), resize="tf1").load((1, 8, 8))
    assert other.resize.startswith("tf1-bilinear")
    assert not torch.equal(see(DIGITS.pixels[:3], network).features, see(DIGITS.pixels[:3], other).features)
    smaller = Classifier(model=str(folder), size=8).load((1, 8, 8))
    assert smaller.name == f"{folder}@8", "another size is another figure, and says so"
    assert smaller.resize == "gray as RGB"


def test_the_local_one_learns_what_matters() -> None:
    """Noise is farther from real digits than digits without 7, 8 and 9, and these than as many of all classes."""
    data = load_data("digits:train")
    network = features_unit("classifier(epochs=3)").load(data.shape, data, seed=0)
    seen = see(DIGITS.pixels, network)
    assert DIGITS.labels is not None
    assert seen.probabilities is not None
    assert float((seen.probabilities.argmax(1) == DIGITS.labels).double().mean()) > 0.8
    real, even, labels = seen.features[1::2], seen.features[::2], DIGITS.labels[::2]
    alike = frechet_distance(even[:120], real)
    missing = frechet_distance(even[labels < 7][:120], real)
    noise = frechet_distance(see(torch.rand(120, 1, 8, 8), network).features, real)
    assert 1.5 * alike < missing < noise / 2


def test_the_seed_and_the_data_are_in_its_checksum() -> None:
    unit = Classifier(epochs=1)
    one, again, other = (unit.load(DIGITS.shape, DIGITS, seed=seed) for seed in (0, 0, 1))
    assert one.checksum == again.checksum != other.checksum
    state = torch.get_rng_state()
    unit.load(DIGITS.shape, DIGITS)
    assert torch.equal(torch.get_rng_state(), state)


def test_plain_features_have_a_judge_too() -> None:
    flat = Dataset(torch.rand(60, 5), torch.arange(60) % 3)
    seen = see(flat.pixels, Classifier(epochs=1).load((5,), flat))
    assert len(seen) == 60


def test_what_cannot_judge_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="labelled images"):
        Classifier().load((1, 8, 8))
    with pytest.raises(InputError, match="labelled images"):
        Classifier().load((1, 8, 8), Dataset(DIGITS.pixels))
    with pytest.raises(InputError, match=r"shape \(1, 9, 9\)"):
        Classifier().load((1, 9, 9), DIGITS)
    with pytest.raises(InputError, match="epochs >= 1"):
        parse("classifier(epochs=0)")
    (tmp_path / "mine.py").write_text(
        "from torch import nn\ndef net():\n    return nn.Sequential(nn.Conv2d(1, 3, 8), nn.Flatten())\n"
    )
    with pytest.raises(InputError, match="linear layer"):
        features_unit(f"{tmp_path}/mine.py:net").load((1, 8, 8))


@pytest.mark.slow
def test_efficientnet_tells_clothes_from_noise_and_from_each_other() -> None:
    """From its wheel, at 64 pixels: more than 20 times as far from noise as one half of clothes is from the other."""
    data = load_data("fashion-mnist:test")
    network = features_unit("classifier(model='efficientnet-lite0', size=64)").load(data.shape)
    assert network.name == "efficientnet-lite0@64"
    seen = see(data.pixels[:400], network)
    assert seen.features.shape == (400, 1280)
    truth = frechet_distance(seen.features[:200], seen.features[200:])
    noise = see(torch.rand(200, 1, 28, 28), network)
    assert frechet_distance(noise.features, seen.features[200:]) > 3 * truth
