"""No normalization, a start at which every block is the identity, and sizes that need not be powers of two."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan.nets.base import inputs
from sparring.gan.nets.r3 import _Block, _Resampled
from sparring.gan.penalties import mixes_samples
from sparring.registry import parse


def test_there_is_no_normalization():
    unit = parse("r3")
    for net in (unit.generator((1, 28, 28)), unit.discriminator((1, 28, 28))):
        assert not any("Norm" in type(m).__name__ for m in net.modules())
    assert not mixes_samples(unit.discriminator((1, 28, 28)), torch.rand(2, 1, 28, 28))


def test_every_block_begins_as_the_identity():
    block, x = _Block(8, 4), torch.randn(3, 8, 5, 5)
    assert torch.equal(block(x), x)
    block(x).square().sum().backward()
    assert bool(block.leave.weight.grad.any())  # and can leave it


def test_a_block_adds_two_convolutions_with_a_leaky_relu_between_them():
    """x + W₂ a(W₁ x + b), a(u) = u above zero and u / 5 below."""
    block, x = _Block(3, 1), torch.randn(2, 3, 5, 5)
    nn.init.normal_(block.leave.weight)
    nn.init.normal_(block.enter.bias)
    inner = F.conv2d(x, block.enter.weight, block.enter.bias, padding=1)
    inner = torch.where(inner > 0, inner, inner / 5)
    torch.testing.assert_close(block(x), x + F.conv2d(inner, block.leave.weight, padding=1))


def test_a_fresh_discriminator_is_linear():
    """In its image, as all its blocks are the identity; with blocks at full size, in place of a leaky ReLU there, and
    without features of a head.
    """
    torch.manual_seed(0)
    d = parse("r3(width=8, full=True, head=0)").discriminator((1, 20, 20)).double()
    x, y = torch.rand(2, 4, 1, 20, 20, dtype=torch.float64)
    torch.testing.assert_close(d(0.3 * x + 0.7 * y), 0.3 * d(x) + 0.7 * d(y))
    assert float(d(x).detach().std()) > 0.01


def test_a_score_is_linear_in_features_of_the_whole_grid():
    """Leaky ReLU of any linear map of it, each drawn as large as a score; without a head, a number a channel."""
    torch.manual_seed(0)
    x = torch.rand(64, 3, 28, 28)
    d = parse("r3(width=8, head=40)").discriminator((3, 28, 28))
    grid, linear = d.body[:-3](2 * x - 1), d.body[-2]
    inner = grid.flatten(1) @ linear.weight.T + linear.bias
    features = torch.where(inner > 0, inner, inner / 5)
    assert (grid.shape[1:], features.shape[1]) == ((32, 7, 7), 40)
    torch.testing.assert_close(d.features(x), features)
    torch.testing.assert_close(d(x), features @ d.score.weight[0] + d.score.bias)
    assert float((features.square().mean() / grid.square().mean()).detach()) == pytest.approx(1, rel=0.3)
    assert parse("r3(width=8, head=0)").discriminator((3, 28, 28)).features(x).shape[1] == 32


@pytest.mark.parametrize("field", ["head", "mapping"])
def test_fewer_features_than_none_are_refused(field):
    with pytest.raises(InputError, match=rf"expected {field} of r3 >= 0, got -1"):
        parse(f"r3({field}=-1)")


def test_codes_become_a_grid_by_any_linear_map():
    """All 16 places of a channel move apart from each other, and numbers are as large as those of the code."""
    torch.manual_seed(0)
    generator = parse("r3(width=8, mapping=0)").generator((1, 32, 32))
    z = torch.randn(200, 64, dtype=torch.float64)
    grid = generator.double().body[0](z).detach()
    assert grid.shape[2:] == (4, 4)
    assert torch.linalg.matrix_rank(grid[:, 0].flatten(1)) == 16
    assert float(grid.square().mean()) == pytest.approx(1, rel=0.05)


def test_a_grid_is_linear_in_features_of_a_code():
    """W a(V z + b) + c, a(u) = u above zero and u / 5 below, with a class beside the code; as large as a code."""
    torch.manual_seed(0)
    generator = parse("r3(width=8, mapping=40)").generator((1, 32, 32), 3)
    z = torch.randn(2000, inputs(64, 3))
    first, _, grid = generator.body[:3]
    inner = z @ first.weight.T + first.bias
    features = torch.where(inner > 0, inner, inner / 5)
    made = generator.body[:3](z)
    assert (features.shape[1], made.shape[1:]) == (40, (64, 4, 4))
    torch.testing.assert_close(made.flatten(1), features @ grid.linear.weight.T + grid.linear.bias)
    assert float(made.detach().square().mean()) == pytest.approx(1, rel=0.15)


def test_the_start_is_scaled_by_the_number_of_blocks():
    """Standard deviation gain · L^(−1/2) / √fan-in in the first layer of a block, L all blocks of the net."""
    torch.manual_seed(0)
    d = parse("r3(width=32, blocks=2)").discriminator((1, 16, 16))  # sizes 8 and 4 (full size has none)
    blocks = [m for m in d.modules() if isinstance(m, _Block)]
    assert len(blocks) == 4
    for block in blocks:
        wanted = (2 / 1.04) ** 0.5 * 4**-0.5 / block.enter.weight[0].numel() ** 0.5
        assert float(block.enter.weight.detach().std()) == pytest.approx(wanted, rel=0.05)


@pytest.mark.parametrize("full", [False, True])
def test_a_fresh_generator_makes_images_of_some_contrast(full):
    """Before tanh numbers are about as large as a normal's, at any depth: no image begins all gray."""
    torch.manual_seed(0)
    for side in (8, 28, 64):
        generator = parse(f"r3(full={full})").generator((1, side, side))
        before = generator.body(torch.randn(32, 64))
        assert 0.2 < float(before.detach().std()) < 2


def test_halving_is_bilinear_interpolation():
    """Which at half the size is the mean of four; between odd sizes it is done as such."""
    x = torch.randn(2, 3, 8, 12)
    half = _Resampled((4, 6), 3, 3)
    torch.testing.assert_close(half(x), F.interpolate(x, (4, 6), mode="bilinear", align_corners=False))
    odd = torch.randn(2, 3, 9, 13)
    torch.testing.assert_close(
        _Resampled((5, 7), 3, 3)(odd), F.interpolate(odd, (5, 7), mode="bilinear", align_corners=False)
    )
    assert isinstance(half.convolution, nn.Identity)


def test_full_size_has_one_convolution_or_blocks():
    """Without blocks there, one 3 × 3 on each side; an image too small to be halved has blocks all the same."""
    count = lambda net: sum(isinstance(m, _Block) for m in net.modules())  # noqa: E731
    for full, side, blocks in ((False, 28, 2), (True, 28, 3), (False, 5, 1), (True, 5, 1)):
        unit = parse(f"r3(full={full})")
        assert [count(unit.generator((1, side, side))), count(unit.discriminator((1, side, side)))] == [blocks] * 2
    d, generator = parse("r3").discriminator((1, 28, 28)), parse("r3").generator((1, 28, 28))
    assert (d.body[0].kernel_size, d.body[0].stride, type(d.body[1])) == ((3, 3), (1, 1), nn.LeakyReLU)
    assert (generator.body[-1].kernel_size, type(generator.body[-2])) == ((3, 3), nn.LeakyReLU)
