"""What every loss of scores promises, whichever it is."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.gan.losses.base import surprise
from sparring.registry import parse, units

EVERY = sorted(units("loss"))
GRID = torch.linspace(-2, 2, 9, dtype=torch.float64)


def slopes(name, real, fake, player):
    real, fake = torch.tensor([real]).double().requires_grad_(), torch.tensor([fake]).double().requires_grad_()
    loss = getattr(parse(name), player)(real, fake)
    return [0.0 if g is None else g.item() for g in torch.autograd.grad(loss.sum(), [real, fake], allow_unused=True)]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_value_a_pair_each_by_itself(name, dtype):
    real, fake = torch.randn(6, dtype=dtype), torch.randn(6, dtype=dtype)
    for player in ("discriminator", "generator"):
        loss = getattr(parse(name), player)
        whole = loss(real, fake)
        assert whole.shape == (6,)
        assert whole.dtype == dtype
        torch.testing.assert_close(torch.cat([loss(real[i : i + 1], fake[i : i + 1]) for i in range(6)]), whole)


@pytest.mark.parametrize("name", EVERY)
def test_a_higher_score_is_more_real(name):
    """Within −0.9 ... 0.9 D never wants a real image lower nor a generated one higher; G wants its own up."""
    for real in (-0.9, 0.0, 0.9):
        for fake in (-0.9, -0.1, 0.9):
            up, down = slopes(name, real, fake, "discriminator")
            if name != "lsgan":  # whose scores have targets: below
                assert up <= 0 <= down
            mine = slopes(name, real, fake, "generator")[1]
            assert mine < 0
    up, down = slopes(name, 0.1, 0.4, "discriminator")
    assert up < 0
    assert down > 0 or name == "began"  # whose balance begins at zero


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("at", [30.0, 1e4])
def test_nothing_overflows(name, at):
    """Finite losses and slopes where a sigmoid is 0 or 1 to the last digit, in float32."""
    for real in (-at, at):
        for fake in (-at, at):
            r, f = torch.tensor([real], requires_grad=True), torch.tensor([fake], requires_grad=True)
            for player in ("discriminator", "generator"):
                loss = getattr(parse(name), player)(r, f)
                assert bool(torch.isfinite(loss).all())
                for slope in torch.autograd.grad(loss.sum(), [r, f], allow_unused=True):
                    assert slope is None or bool(torch.isfinite(slope).all())


@pytest.mark.parametrize("name", EVERY)
def test_whether_the_generator_looks_at_real_scores_is_told(name):
    unit, fake = parse(name), torch.randn(5)
    same = torch.equal(unit.generator(torch.randn(5), fake), unit.generator(torch.randn(5), fake))
    assert same != unit.needs_real


def test_accuracy_counts_ties_half():
    real, fake = torch.tensor([1.0, 0.0, -1.0, 3.0]), torch.tensor([-1.0, 0.0, -2.0, 4.0])
    assert parse("non_saturating").accuracy(real, fake).item() == (2.5 / 4 + 2.5 / 4) / 2
    assert parse("lsgan").accuracy(real, fake).item() == (2 / 4 + 3 / 4) / 2  # the middle is one half
    assert parse("wgan").accuracy(real, fake).item() == 2.5 / 4  # of pairs
    assert parse("relativistic").accuracy(real + 100, fake + 100).item() == 2.5 / 4


def test_surprise_is_exact_where_softplus_is_cut_off():
    """−log σ(s) in float64 against arithmetic of 60 digits."""
    from decimal import Decimal, getcontext

    getcontext().prec = 60
    for s in (-40, -25, -3, 0, 3, 21, 30, 36):
        want = (1 + (-Decimal(s)).exp()).ln()
        got = Decimal(surprise(torch.tensor(float(s), dtype=torch.float64)).item())
        assert abs(got / want - 1) < Decimal("1e-15")


@pytest.mark.parametrize("name", ["minimax", "non_saturating", "lsgan"])
def test_targets_of_generated_images_are_never_smoothed(name):
    """G17: what the discriminator wants of them is the same with smoothing and without, everywhere."""
    for fake in GRID:
        plain = slopes(name, 0.3, float(fake), "discriminator")[1]
        assert slopes(f"{name}(smoothing=0.1)", 0.3, float(fake), "discriminator")[1] == plain
        sides = [slopes(each, 0.3, float(fake), "generator") for each in (name, f"{name}(smoothing=0.1)")]
        assert sides[0] == sides[1]


@pytest.mark.parametrize("name", ["minimax", "non_saturating", "lsgan"])
@pytest.mark.parametrize("smoothing", ["-0.1", "0.5", "1"])
def test_smoothing_out_of_range_is_refused(name, smoothing):
    with pytest.raises(InputError, match=rf"smoothing of {name} in \[0, 0.5\)"):
        parse(f"{name}(smoothing={smoothing})")
