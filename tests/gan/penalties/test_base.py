"""What every penalty promises: one value an image, float32 whatever surrounds it, and no discriminator that mixes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.gan.penalties import mixes_samples
from sparring.gan.penalties.base import slopes
from sparring.registry import parse, units

EVERY = sorted(units("penalty"))
A = torch.tensor([3.0, -4.0, 12.0])  # of length 13


@pytest.mark.parametrize("name", EVERY)
def test_a_linear_discriminator_has_one_slope_everywhere(name, moment):
    """G13: (‖a‖ − 1)² or ‖a‖², for each image, whatever the size of the batch."""
    want = {"r1": 0.5 * 2 * 169, "r2": 0.5 * 2 * 169, "wgan_gp": 10 * 12**2, "dragan": 10 * 12**2}[name]
    unit = parse(f"{name}(gamma=2)" if name in ("r1", "r2") else name)
    for n in (1, 2, 7):
        x = torch.rand(n, 3)
        got = unit.value(lambda x: x @ A, x, torch.rand(n, 3), moment(x))
        torch.testing.assert_close(got, torch.full((n,), float(want)))


@pytest.mark.parametrize("name", EVERY)
def test_each_images_penalty_is_its_own(name, moment):
    """G13: those of a batch are those of its images, where the discriminator is not linear; any shape of image."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))
    x, fake = torch.rand(4, 3, 2, 2), torch.rand(4, 3, 2, 2)
    unit = parse(name)
    whole = unit.value(net, x, fake, moment(x))
    if name != "dragan":  # whose noise is as large as the batch's deviation
        alone = [unit.value(net, x[i : i + 1], fake[i : i + 1], moment(x[i : i + 1], first=i)) for i in range(4)]
        torch.testing.assert_close(torch.cat(alone), whole)
    assert whole.std() > 0


@pytest.mark.parametrize("name", EVERY)
def test_its_gradient_reaches_the_weights(name, moment):
    """By central differences, in float32 nets kept smooth."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0))
    x, fake, unit, weight = torch.rand(5, 3), torch.rand(5, 3), parse(name), net[0].weight

    def total():
        return unit.value(net, x, fake, moment(x)).mean()

    (got,) = torch.autograd.grad(total(), weight)
    for at in ((0, 0), (3, 2)):
        values = []
        for step in (1e-2, -1e-2):
            with torch.no_grad():
                weight[at] += step
            values.append(total().detach().double())
            with torch.no_grad():
                weight[at] -= step
        assert got[at].item() == pytest.approx((values[0] - values[1]).item() / 2e-2, rel=0.02, abs=2e-4)


@pytest.mark.parametrize("name", EVERY)
def test_a_slope_of_zero_is_no_trouble(name, moment):
    """A discriminator that has not begun: the length of its slope has no NaN for a gradient."""
    weight = torch.zeros(3, requires_grad=True)
    x = torch.rand(4, 3)
    value = parse(name).value(lambda x: x @ weight, x, x, moment(x))
    (slope,) = torch.autograd.grad(value.sum(), weight)
    assert bool(torch.isfinite(value).all())
    assert bool(torch.isfinite(slope).all())


@pytest.mark.parametrize("name", EVERY)
def test_it_is_computed_in_float32_under_autocast(name, moment):
    """G15: to the bit, in a surrounding of bfloat16 with images in bfloat16 precision."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0))
    x, fake, unit = torch.rand(5, 3), torch.rand(5, 3), parse(name)
    plain = unit.value(net, x, fake, moment(x))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert net(x).dtype == torch.bfloat16
        got = unit.value(net, x, fake, moment(x))
    assert got.dtype == torch.float32
    assert torch.equal(got, plain)


@pytest.mark.parametrize(
    ("net", "mixes"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.BatchNorm1d(4), nn.Linear(4, 1), nn.Flatten(0)), True),
        (nn.Sequential(nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 1), nn.Flatten(0)), True),
        (nn.Sequential(nn.GroupNorm(1, 3), nn.Flatten(), nn.Linear(12, 1), nn.Flatten(0)), False),
        (nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(12, 1), nn.Flatten(0)), False),
    ],
)
def test_nets_in_which_images_of_a_batch_mix_are_found(net, mixes):
    """G14; the net, its statistics and the generators are left as found."""
    net.eval()
    before, state = {k: v.clone() for k, v in net.state_dict().items()}, torch.get_rng_state()
    assert mixes_samples(net, torch.rand(2, 3, 2, 2, generator=torch.Generator().manual_seed(0))) is mixes
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert not net.training


def test_slopes_of_several_scores_come_from_one_pass():
    x, y = torch.rand(2, 3, requires_grad=True), torch.rand(2, 3, requires_grad=True)
    one, two = slopes([x @ A, y.square().sum(1)], [x, y])
    assert torch.equal(one, A.expand(2, 3))
    torch.testing.assert_close(two, 2 * y)
    assert two.requires_grad


@pytest.mark.parametrize("name", EVERY)
def test_bad_fields(name):
    with pytest.raises(InputError, match=f"every of {name} >= 1"):
        parse(f"{name}(every=0)")
    weight = "gamma" if name in ("r1", "r2") else "weight"
    with pytest.raises(InputError, match=f"{weight} of {name} > 0"):
        parse(f"{name}({weight}=0)")
