"""What all transforms share: the classifier behind them is the user's, and gradients go through what has none."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.data import Dataset
from sparring.guards._transform import Through, Transform
from sparring.registry import units

NOTHING = Dataset(torch.zeros(1, 1, 8, 8), torch.zeros(1, dtype=torch.int64))
TRANSFORMS = [cls for cls in units("guard").values() if issubclass(cls, Transform)]


def test_there_are_some() -> None:
    assert len(TRANSFORMS) >= 4


@pytest.mark.parametrize("cls", TRANSFORMS, ids=[cls.name() for cls in TRANSFORMS])
def test_each_stays_in_the_box_changes_something_and_comes_back_from_its_state(
    cls: type[Transform], digits_net: tuple[nn.Module, Tensor, Tensor]
) -> None:
    net, x, y = digits_net
    seen = cls().layer()(x)
    assert seen.shape == x.shape
    assert bool(((seen >= -1e-6) & (seen <= 1 + 1e-6)).all())
    assert (seen - x).abs().max() > 0.01
    guarded = cls().fit(net, NOTHING, NOTHING)
    assert torch.equal(guarded(x), net(seen))
    assert (guarded(x).argmax(1) == y).double().mean() > 0.75, "it should keep most of what the net gets right"
    blank = nn.Sequential(*[type(layer)(*_arguments(layer)) for layer in net])  # type: ignore[arg-type]
    assert torch.equal(cls().restore(blank, guarded.state_dict())(x), guarded(x))


def _arguments(layer: nn.Module) -> tuple[object, ...]:
    if isinstance(layer, nn.Conv2d):
        return layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding
    return (layer.in_features, layer.out_features) if isinstance(layer, nn.Linear) else ()


@pytest.mark.parametrize("cls", TRANSFORMS, ids=[cls.name() for cls in TRANSFORMS])
def test_none_hides_its_gradient(cls: type[Transform], digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T33: an ordinary attack, without a word about BPDA, takes the guard for what it is."""
    net, x, y = digits_net
    guarded = cls().fit(net, NOTHING, NOTHING)
    right = guarded(x).argmax(1) == y
    found = sparring.attack(guarded, x[right][:30], y[right][:30], "apgd(steps=15)", "linf(0.2)")
    assert found.success_rate > 0.8


def test_the_net_is_not_touched(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net = digits_net[0]
    net.train()
    TRANSFORMS[0]().fit(net, NOTHING, NOTHING)
    assert net.training
    net.eval()


def test_through_is_the_layer_to_the_bit_and_the_identity_in_its_slope() -> None:
    x = torch.rand(3, 5, requires_grad=True)
    out = Through(nn.Hardshrink(0.3))(x)
    assert torch.equal(out, nn.Hardshrink(0.3)(x))
    way = torch.randn(3, 5)
    assert torch.equal(torch.autograd.grad(out, x, way)[0], way)
