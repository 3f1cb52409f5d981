"""Every layer's largest singular value is 1, and what begins at zero is refused."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.gan import recipe
from sparring.registry import parse


def largest(net: nn.Module) -> list[float]:
    layers = [m for m in net.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    return [float(torch.linalg.matrix_norm(m.weight.detach().flatten(1), 2)) for m in layers]


def test_largest_singular_values_are_one_also_while_it_trains(play, small):
    table = play("hinge(nets=residual(width=8), lr_discriminator=1e-3, batch_size=8)", small())
    for number in range(3):
        table.round(parse("alternating"), number)
    table.discriminator.train()
    for _ in range(50):
        table.discriminator(torch.rand(1, 1, 8, 8))  # what power iteration needs to catch up
    assert largest(table.discriminator.eval()) == pytest.approx([1.0] * len(largest(table.discriminator)), abs=0.02)
    assert max(largest(table.generator)) > 1.1


def test_a_perceptron_under_it_is_one_lipschitz():
    """|D(x) − D(x')| ≤ ‖x − x'‖ for leaky ReLU, and 2 for the view in [−1, 1]."""
    unit = recipe("hinge(nets=dense(hidden=(16, 16)), tricks=(spectral_norm(iterations=5),))")
    _, d = unit.build((4,))
    for _ in range(20):
        d(torch.rand(1, 4))
    d.eval().requires_grad_(False)
    x, other = torch.rand(200, 4), torch.rand(200, 4)
    ratio = (d(x) - d(other)).abs() / (x - other).norm(dim=1)
    assert 0.05 < float(ratio.max()) <= 2.0 * 1.001


def test_it_can_be_put_on_the_generator_too():
    generator, _ = recipe("hinge(tricks=(spectral_norm(generator=True, iterations=30),))").build((1, 8, 8))
    generator.train()(torch.randn(2, 128))
    assert max(largest(generator.eval())) == pytest.approx(1.0, abs=0.02)


def test_layers_that_begin_at_zero_are_refused():
    with pytest.raises(InputError, match="do not begin at zero for spectral_norm"):
        recipe("baseline(tricks=(spectral_norm(),))").build((1, 8, 8))


def test_it_comes_after_tricks_that_put_layers_in():
    _, d = recipe("hinge(tricks=(spectral_norm(), minibatch_discrimination()))").build((1, 8, 8))
    assert all(nn.utils.parametrize.is_parametrized(layer) for layer in (d.score, d.mixers[0].project))
