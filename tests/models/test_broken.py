"""What every member of the zoo keeps to: the accuracy of its net, a claim, and none of the robustness."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.models import accuracy, load_model, save_model
from sparring.models._broken import Broken, Wrapped
from sparring.registry import parse, show, units

ZOO = {name: cls() for name, cls in units("model").items() if issubclass(cls, Broken)}
AROUND = [unit for unit in ZOO.values() if not unit.trained]
TRAINED = [unit for unit in ZOO.values() if unit.trained]
NO_GRADIENT = {"jpeg", "label-only", "no-grad", "thermometer"}
RANDOM = {"noisy", "random-resize"}

Fooled = tuple[nn.Module, Tensor, Tensor, Tensor]


def test_the_zoo_is_complete() -> None:
    assert set(ZOO) == {
        "distilled", "gradient-lock", "jpeg", "kwta", "label-only", "no-grad", "noisy", "quantized", "random-resize",
        "saturated", "shattered", "softmax-outputs", "steep", "thermometer",
    }  # fmt: skip
    assert {unit.name() for unit in TRAINED} == {"distilled", "kwta", "thermometer"}


@pytest.mark.parametrize("unit", ZOO.values(), ids=str)
def test_every_member_says_what_was_claimed_and_why_it_is_wrong_in_a_line_each(unit: Broken) -> None:
    assert 40 < len(unit.claimed) < 130
    assert 40 < len(unit.fallacy) < 130
    assert "\n" not in unit.claimed + unit.fallacy
    assert unit.cites


@pytest.mark.parametrize("unit", ZOO.values(), ids=str)
def test_the_page_says_so_too(unit: Broken) -> None:
    page = (Path(__file__).parents[2] / "docs" / "zoo.md").read_text(encoding="utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| [`{unit.name()}`]"))
    assert row.endswith(f"| {unit.claimed} | {unit.fallacy} |")
    assert ("(trained with it)" in row) == unit.trained


@pytest.mark.parametrize("unit", ZOO.values(), ids=str)
def test_the_net_inside_is_named_in_the_text_and_kept_in_a_run_directory(unit: Broken, tmp_path) -> None:
    other = parse(f"{unit}(of=resnet(width=2))", "model")
    assert parse(show(other)) == other != unit
    net = other.build((1, 8, 8), 3, seed=1)
    save_model(tmp_path, other, net, input_shape=(1, 8, 8), classes=("a", "b", "c"))
    x = torch.rand(4, 1, 8, 8)
    torch.manual_seed(0)
    expected = net.eval()(x)
    torch.manual_seed(0)
    assert torch.equal(load_model(tmp_path).module(x), expected)


@pytest.mark.parametrize("unit", ZOO.values(), ids=str)
def test_wrong_fields_are_refused(unit: Broken) -> None:
    with pytest.raises(InputError, match="expected Trainable"):
        parse(f"{unit}(of=linf(0.1))")


@pytest.mark.parametrize("unit", AROUND, ids=str)
def test_images_that_fool_the_net_inside_fool_the_defense(unit: Broken, fooled: Fooled) -> None:
    """The claim of this zoo: robust accuracy near 0, whatever a careless attack says."""
    net, x, y, strongest = fooled
    defended = unit.wrap(net).eval()
    assert (defended(x).argmax(1) == y).double().mean() >= 0.95
    assert (defended(strongest).argmax(1) == y).double().mean() <= 0.04


@pytest.mark.parametrize("unit", AROUND, ids=str)
def test_the_gradient_is_what_the_docstring_says(unit: Broken, fooled: Fooled) -> None:
    """T4, T33: absent for some, and for no deterministic other one that of the net inside."""
    net, x, _, _ = fooled
    x = x[:8].clone().requires_grad_(True)
    answer = unit.wrap(net).eval()(x)
    assert answer.requires_grad == (unit.name() not in NO_GRADIENT)
    if not answer.requires_grad:
        return
    (slope,) = torch.autograd.grad(answer.sum(), x)
    (plain,) = torch.autograd.grad(net(x).sum(), x)
    assert slope.isfinite().all()
    assert not torch.equal(slope, plain)


@pytest.mark.parametrize("unit", AROUND, ids=str)
def test_T32_two_looks_differ_for_the_random_ones_alone(unit: Broken, fooled: Fooled) -> None:
    defended = unit.wrap(fooled[0]).eval()
    x = fooled[1][:8]
    assert torch.equal(defended(x), defended(x)) == (unit.name() not in RANDOM)


@pytest.mark.parametrize("unit", AROUND, ids=str)
def test_training_goes_to_the_net_inside(unit: Broken) -> None:
    """It has to work where the defense has no gradient, or one that leads astray."""
    train = load_data("digits:train")
    net = unit.build(train.shape, 10)
    assert isinstance(net, Wrapped)
    unit.fit(net, Dataset(*train.take(range(600)), train.classes), epochs=4)
    assert not net.training
    assert accuracy(net, load_data("digits:test")) > 0.8


@pytest.mark.parametrize("unit", TRAINED, ids=str)
def test_training_with_the_defense_in_place_reaches_a_good_accuracy(unit: Broken) -> None:
    train = load_data("digits:train")
    net = unit.build(train.shape, 10)
    unit.fit(net, train, epochs=6)
    assert accuracy(net, load_data("digits:test")) > 0.92
