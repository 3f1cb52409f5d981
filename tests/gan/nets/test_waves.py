"""Sines of many wavelengths: fine detail can be told from the start."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.gan.nets.dense import Dense
from sparring.gan.nets.waves import Cells, Waves


def test_wavelengths_go_from_twice_the_box_to_a_fraction_of_it() -> None:
    torch.manual_seed(0)
    first = Waves(sines=9, finest=256).discriminator((2,)).body[1]
    assert isinstance(first, nn.Linear)
    lengths = first.weight.norm(dim=1)
    assert torch.allclose(lengths, math.pi / 2 * 2.0 ** torch.arange(9), rtol=1e-4)


def test_points_a_hundredth_of_the_box_apart_are_told_apart_and_by_dense_nets_are_not() -> None:
    def apart(nets: Waves | Dense) -> float:
        torch.manual_seed(0)
        net = nets.discriminator((2,))
        x = torch.rand(500, 2)
        with torch.no_grad():
            scores, moved = net(x), net(x + 0.01 / 2**0.5)
        return float(((scores - moved).square().mean() / scores.var()).sqrt())

    assert apart(Waves(hidden=(64, 64))) > 5 * apart(Dense(hidden=(64, 64)))


def test_the_generator_has_plateaus() -> None:
    """Far codes change nothing more: every tanh has arrived at an end."""
    torch.manual_seed(0)
    net = Waves(hidden=(32, 32)).generator((2,))
    direction = torch.randn(50, 4)
    with torch.no_grad():
        far, farther = net.body(1e4 * direction), net.body(2e4 * direction)
        assert (far - farther).abs().max().item() < 0.05
        assert far.std(0).min().item() > 0.1


def test_signs_of_codes_are_all_that_is_seen_of_them() -> None:
    """A code may move as far as it likes on its side of zero; across it the sample jumps."""
    torch.manual_seed(0)
    net = Waves(latent=3, signs=2).generator((2,))
    z = torch.tensor([[0.001, -2.0, 0.3], [5.0, -0.1, 0.3], [-0.001, -2.0, 0.3], [0.001, -2.0, 0.4]])
    with torch.no_grad():
        one, stretched, flipped, moved = net(z)
    assert torch.equal(one, stretched)
    assert (one - flipped).abs().max().item() > 0.05
    assert not torch.equal(one, moved)


def cells(signs: int = 2) -> Cells:
    """Cell k is at (k, −k); the net doubles what it is given."""
    table = nn.Linear(2**signs, 2, bias=False)
    table.weight.data = torch.stack([torch.arange(2.0**signs), -torch.arange(2.0**signs)]) / 16
    net = nn.Linear(signs + 1, 2, bias=False)
    net.weight.data = 2 * torch.eye(signs + 1)[-2:]
    return Cells(signs, table, net)


def test_a_cell_has_a_point_of_its_own_and_the_net_adds_a_tenth() -> None:
    """Bits of the first two numbers say which; the net is given their signs, and the rest as it is."""
    z = torch.tensor([[-1.0, -1.0, 0.5], [3.0, -0.1, 0.5], [-2.0, 1e-9, 0.5], [0.2, 7.0, -4.0]], requires_grad=True)
    made = cells()(z)
    place = torch.tensor([[0.0, 0.0], [1.0, -1.0], [2.0, -2.0], [3.0, -3.0]])
    added = 0.1 * 2 * torch.tensor([[-1.0, 0.5], [-1.0, 0.5], [1.0, 0.5], [1.0, -4.0]])
    assert torch.allclose(made, place + added)
    (slope,) = torch.autograd.grad(made.sum(), z)
    assert slope[:, :2].abs().max() == 0
    assert torch.allclose(slope[:, 2], torch.tensor(0.2))


def test_signs_cut_codes_into_cells_of_equal_mass() -> None:
    z = torch.randn(8000, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([1, 1, 1, 0])
    _, counts = cells(3)(z).unique(dim=0, return_counts=True)
    assert len(counts) == 8
    assert (counts / 8000 - 1 / 8).abs().max() < 4 * (7 / 64 / 8000) ** 0.5


def test_points_of_cells_begin_standard_normal_and_a_step_moves_each_by_sixteen_rates() -> None:
    torch.manual_seed(0)
    cell = Waves(latent=10, signs=10).generator((2,)).body[0]
    points = 16 * cell.table.weight.detach()
    assert points.mean().item() == pytest.approx(0, abs=0.1)
    assert points.std().item() == pytest.approx(1, rel=0.05)
    optimizer = torch.optim.Adam(cell.table.parameters(), lr=1e-3)
    z = torch.ones(1, 10)
    before = cell(z).detach()
    cell(z).sum().backward()
    optimizer.step()
    assert torch.allclose(before - cell(z).detach(), torch.full((1, 2), 16e-3), rtol=1e-3)


def test_weights_of_the_generator_keep_the_spread_of_a_tanh() -> None:
    """Deviations of 5/3 over the root of the inputs, and first of all phases of ½."""
    torch.manual_seed(0)
    body = Waves(latent=64, hidden=(256, 100)).generator((2,)).body
    layers = [layer for layer in body if isinstance(layer, nn.Linear)]
    for layer, inputs in zip(layers[:2], (64, 100), strict=True):
        assert layer.weight.std().item() == pytest.approx(5 / 3 / math.sqrt(inputs), rel=0.05)
    assert layers[0].bias.std().item() == pytest.approx(0.5, rel=0.2)
    assert layers[1].bias.std().item() == pytest.approx(0.01, rel=0.2)


def test_with_signs_the_generator_is_of_leaky_relu_and_keeps_its_spread() -> None:
    """Far out it goes on in straight lines; deviations of √(2 / 1.04) over the root of the inputs."""
    torch.manual_seed(0)
    net = Waves(latent=64, signs=8, hidden=(256, 100)).generator((2,))
    layers = [layer for layer in net.body[0].net if isinstance(layer, nn.Linear)]
    for layer, inputs in zip(layers[:2], (64, 100), strict=True):
        assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / 1.04 / inputs), rel=0.05)
    direction = torch.randn(5, 64, dtype=torch.float64)
    with torch.no_grad():
        one, two, three = (net.double().body(k * 1e5 * direction) for k in (1, 2, 3))
    torch.testing.assert_close(three - two, two - one, rtol=1e-2, atol=1.0)
    assert (two - one).norm(dim=1).min().item() > 1000


def test_around_its_point_a_cell_begins_a_tenth_wide_and_all_are_scaled_in_many_dimensions() -> None:
    """In 800 dimensions points and what is around them are √(2 / 800) as long as in two."""
    for d, scale in ((2, 1.0), (800, 0.05)):
        torch.manual_seed(0)
        net = Waves(latent=40, signs=8, hidden=(256, 256)).generator((d,))
        cell = net.body[0]
        z = torch.randn(2000, 40)
        with torch.no_grad():
            around = 0.1 * cell.net(torch.cat([z[:, :8].sign(), z[:, 8:]], 1))
            point = net.body(z) - scale * around
        assert around.std(0).mean().item() == pytest.approx(0.1, rel=0.3)
        assert point.std().item() == pytest.approx(scale, rel=0.1)


def test_the_first_layer_of_the_discriminator_is_sines_with_phases_of_all_kinds() -> None:
    torch.manual_seed(0)
    _, first, sine, *_ = Waves(sines=2000).discriminator((2,)).body
    x = torch.rand(5, 2)
    torch.testing.assert_close(sine(first(x)), torch.sin(x @ first.weight.T + first.bias))
    assert first.bias.square().mean().item() == pytest.approx(math.pi**2 / 3, rel=0.1)


def test_more_signs_than_codes_are_refused() -> None:
    with pytest.raises(InputError, match="2, the smaller of latent and 12, got 3"):
        Waves(latent=2, signs=3)
    with pytest.raises(InputError, match="12, the smaller of latent and 12, got 13"):
        Waves(latent=20, signs=13)


def test_a_step_of_adam_moves_a_sample_as_far_in_any_number_of_dimensions() -> None:
    """All weights of the last layer by the learning rate: before tanh, that is as far in 800 dimensions as in 2."""
    far = []
    for d in (2, 800):
        torch.manual_seed(0)
        net = Waves(hidden=(16,)).generator((d,))
        z = torch.ones(1, 4)
        with torch.no_grad():
            before = net.body(z)
            last = [layer for layer in net.body if isinstance(layer, nn.Linear)][-1]
            last.weight += 0.01
            far.append(float((net.body(z) - before).norm()))
    assert far[1] == pytest.approx(far[0], rel=1e-3)


def test_bad_sizes_are_refused() -> None:
    for text in ({"hidden": ()}, {"sines": 0}, {"finest": 0}, {"latent": 0}):
        with pytest.raises(InputError, match="of waves >= 1"):
            Waves(**text)
