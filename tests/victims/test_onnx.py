"""ONNX files: what is read from them, and every form of input and output."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import load_file
from torch import Tensor

import sparring
from sparring.cli._app import run
from sparring.errors import InputError, MissingExtra
from sparring.models import load_model
from sparring.victims.onnx import OnnxClassifier

X = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0))
WEIGHT = torch.randn(16, 3, generator=torch.Generator().manual_seed(1))
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a linear classifier on 4 x 4 pixels, in any of the forms that files come in."""

    def write(
        *,
        batch: int | str = "n",
        sides: Sequence[int | str] = (1, 4, 4),
        kind: int = TensorProto.FLOAT,
        outputs: Sequence[str] = ("scores",),
        inputs: int = 1,
    ) -> Path:
        shapes: dict[str, tuple[int, list[Any]]] = {
            "scores": (TensorProto.FLOAT, [batch, 3]),
            "label": (TensorProto.INT64, [batch]),
            "sum": (TensorProto.FLOAT, [batch, 1]),
        }
        nodes = [
            helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT),
            helper.make_node("Flatten", ["y"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weight"], ["scores"]),
        ]
        if "label" in outputs:
            nodes.append(helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0))
        if "sum" in outputs:
            nodes.append(helper.make_node("ReduceSum", ["scores", "axis"], ["sum"], keepdims=1))
        graph = helper.make_graph(
            nodes,
            "linear",
            [helper.make_tensor_value_info("x", kind, [batch, *sides])]
            + [helper.make_tensor_value_info(f"more{i}", TensorProto.FLOAT, [1]) for i in range(inputs - 1)],
            [helper.make_tensor_value_info(name, *shapes[name]) for name in outputs],
            [
                numpy_helper.from_array(WEIGHT.numpy(), "weight"),
                numpy_helper.from_array(torch.tensor([1]).numpy(), "axis"),
            ],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
        onnx.checker.check_model(model)
        path = tmp_path / "net.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return write


def want(x: Tensor) -> Tensor:
    return x.flatten(1) @ WEIGHT


@pytest.mark.parametrize("batch", ["n", 1, 2, 5, 8])
def test_batches_open_or_fixed(make: Make, batch: int | str) -> None:
    model = OnnxClassifier(make(batch=batch))
    assert (model.input_shape, model.classes, model.access) == ((1, 4, 4), 3, "scores")
    torch.testing.assert_close(model(X), want(X))


def test_double_half_and_bytes(make: Make) -> None:
    for kind in (TensorProto.DOUBLE, TensorProto.FLOAT16):
        torch.testing.assert_close(OnnxClassifier(make(kind=kind))(X), want(X), atol=5e-3, rtol=5e-3)
    levels = (X * 255).round()
    torch.testing.assert_close(OnnxClassifier(make(kind=TensorProto.UINT8))(X), want(levels), atol=1e-3, rtol=1e-4)


def test_open_sides_are_not_guessed(make: Make) -> None:
    model = OnnxClassifier(make(sides=(1, "h", "w")))
    assert model.input_shape is None
    torch.testing.assert_close(model(X), want(X))


def test_colors_last(make: Make) -> None:
    model = OnnxClassifier(make(sides=(4, 4, 1)))
    assert model.input_shape == (1, 4, 4)
    torch.testing.assert_close(model(X), want(X))


def test_of_several_outputs_the_scores_are_taken(make: Make) -> None:
    torch.testing.assert_close(OnnxClassifier(make(outputs=("label", "sum", "scores")))(X), want(X))


def test_labels_alone(make: Make) -> None:
    model = OnnxClassifier(make(outputs=("label",)))
    assert (model.access, model.classes) == ("decision", None)
    assert torch.equal(model(X), want(X).argmax(1))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"inputs": 2}, "expected one input in .*, got 2: x, more0"),
        ({"outputs": ("sum",)}, r"expected an output of scores .* got sum tensor\(float\)"),
        ({"kind": TensorProto.INT32}, r"expected pixels as floats or bytes in .*, got tensor\(int32\)"),
    ],
)
def test_other_files_are_told_in_one_line(make: Make, form: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        OnnxClassifier(make(**form))
    assert "\n" not in str(caught.value)


def test_no_file_damaged_file_wrong_size(make: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected an ONNX file at .*none\.onnx, got No such file"):
        OnnxClassifier(tmp_path / "none.onnx")
    model = OnnxClassifier(make())
    with pytest.raises(InputError, match=r"to take images of \(1, 5, 5\), got "):
        model(torch.rand(2, 1, 5, 5))
    (tmp_path / "net.onnx").write_bytes(b"no graph")
    with pytest.raises(InputError, match=r"expected an ONNX file at .*, got "):
        OnnxClassifier(tmp_path / "net.onnx")


def test_the_text_of_a_model(make: Make) -> None:
    path = make()
    loaded = load_model(str(path))
    assert (loaded.access, loaded.input_shape, loaded.num_classes) == ("scores", (1, 4, 4), 3)
    victim = loaded.victim()
    assert victim.access == "scores"
    torch.testing.assert_close(victim.answer(X), want(X))
    before = loaded.checksum
    assert load_model(str(make())).checksum == before
    assert load_model(str(make(batch=3))).checksum != before
    with pytest.raises(InputError, match="expected samples of 1x4x4"):
        load_model(str(path), input_shape=(1, 8, 8))
    with pytest.raises(InputError, match="expected a victim that gives its gradient for pgd, got scores only"):
        sparring.attack(victim, X, threat="linf(0.1)")


def test_labels_get_their_number_of_classes_from_the_data(make: Make) -> None:
    loaded = load_model(str(make(outputs=("label",))), input_shape=(1, 4, 4), classes=["a", "b", "c"])
    assert torch.equal(loaded.victim().answer(X).argmax(1), want(X).argmax(1))


def test_without_onnxruntime_the_extra_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"\[onnx\]"):
        OnnxClassifier(make())


def test_the_command_line_attacks_a_file(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("samples.npz", x=X.numpy(), y=want(X).argmax(1).numpy())
    path = make()
    command = ["attack", "samples.npz", "hopskipjump(queries=100)", "--model", str(path), "--quiet"]
    assert run([*command, "--out", "run"]) == 0
    found = load_file(tmp_path / "run" / "adversarials.safetensors")
    model = OnnxClassifier(path)
    assert bool(found["success"].all())
    assert bool((model(found["images"]).argmax(1) != found["labels"]).all())
    spec = json.loads((tmp_path / "run" / "spec.json").read_text())
    assert spec["model_checksum"] == hashlib.sha256(path.read_bytes()).hexdigest()
