"""Maxout by hand, and the nets of the paper layer by layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.gan.nets.maxout import Largest, Maxout
from sparring.modes._stack import can_stack
from sparring.registry import parse


def linear(net: nn.Module) -> list[nn.Linear]:
    return [m for m in net.modules() if isinstance(m, nn.Linear)]


def test_two_pieces_of_opposite_slope_are_the_absolute_value() -> None:
    """max(x, −x) = |x|, with the slope of the sign; and max(x, 0) is ReLU."""
    layer = nn.Linear(1, 4)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0], [1.0], [-1.0], [0.0]]))  # pieces one behind the other: (x, x), (−x, 0)
        layer.bias.zero_()
    x = torch.tensor([[-3.0], [-0.5], [2.0]], requires_grad=True)
    found = Largest(2)(layer(x))
    assert torch.equal(found.detach(), torch.tensor([[3.0, 0.0], [0.5, 0.0], [2.0, 2.0]]))
    (slope,) = torch.autograd.grad(found[:, 0].sum(), x)
    assert slope[:, 0].tolist() == [-1.0, -1.0, 1.0]


def test_a_layer_is_the_largest_of_so_many_linear_maps() -> None:
    torch.manual_seed(0)
    d = Maxout(judges=(7,), pieces=3).discriminator((2,))
    layer = d.body[2]
    x = torch.rand(50, 2)
    parts = zip(layer.weight.chunk(3), layer.bias.chunk(3), strict=True)
    maps = torch.stack([(2 * x - 1) @ w.T + b for w, b in parts])
    assert torch.allclose(d.features(x), maps.max(0).values, atol=1e-7)


def test_features_of_one_layer_are_convex_in_the_sample() -> None:
    """h((x + y) / 2) ≤ (h(x) + h(y)) / 2, and somewhere truly less."""
    torch.manual_seed(0)
    d = Maxout(judges=(20,)).discriminator((3,))
    x, y = torch.rand(200, 3), torch.rand(200, 3)
    with torch.no_grad():
        gap = (d.features(x) + d.features(y)) / 2 - d.features((x + y) / 2)
    assert float(gap.min()) > -1e-7
    assert float(gap.max()) > 1e-3


def test_layers_are_those_of_the_paper() -> None:
    """G: 2 → 400 four times → 2, batch norm after each hidden layer; D: 200 units of 5 pieces three times, no norm."""
    torch.manual_seed(0)
    unit = Maxout()
    generator, d = unit.generator((2,)), unit.discriminator((2,))
    assert [(m.in_features, m.out_features) for m in linear(generator)] == [(2, 400), *[(400, 400)] * 3, (400, 2)]
    assert [m.bias is None for m in linear(generator)] == [True] * 4 + [False]
    assert [(m.in_features, m.out_features) for m in linear(d)] == [(2, 1000), (200, 1000), (200, 1000), (200, 1)]
    norms = [sum(isinstance(m, nn.BatchNorm1d) for m in net.modules()) for net in (generator, d)]
    assert norms == [4, 0]
    for layer in (*linear(generator)[1:4], *linear(d)[1:3]):
        assert float(layer.weight.detach().std()) == pytest.approx(0.02, rel=0.02)
    assert can_stack(d)
    assert not can_stack(generator)


def test_of_packs_only_the_first_layer_is_larger() -> None:
    unit = parse("gan(nets=maxout(hidden=(8,), judges=(6, 6)), penalties=(), tricks=(packing(m=3),))")
    _, d = unit.build((2,))
    assert [m.in_features for m in d.modules() if isinstance(m, nn.Linear)] == [6, 6, 6]


def test_the_scale_is_that_of_both_nets() -> None:
    """Samples of twice the box are seen as twice as large; what is made, in the data's units, is s tanh(x / s)."""
    torch.manual_seed(0)
    one, two = (Maxout(judges=(9,), hidden=(9,), scale=s).discriminator((2,)) for s in (1.0, 2.0))
    two.load_state_dict(one.state_dict())
    inner = torch.rand(20, 2) / 2 + 0.25
    assert torch.allclose(two(inner), one(2 * inner - 0.5), atol=1e-7)
    made = Maxout(hidden=(9,), scale=6.0).generator((2,)).eval()
    x = made.body[:-1](torch.ones(4, 2))
    assert torch.allclose(6 * (2 * made(torch.ones(4, 2)) - 1), 6 * (x / 6).tanh(), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("maxout(pieces=0)", "pieces of maxout >= 1"),
        ("maxout(hidden=())", "hidden of maxout >= 1"),
        ("maxout(judges=(3, 0))", "judges of maxout >= 1"),
        ("maxout(scale=0)", "scale of maxout > 0"),
        ("maxout(scale=inf)", "scale of maxout > 0"),
    ],
)
def test_bad_fields_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse(text)
