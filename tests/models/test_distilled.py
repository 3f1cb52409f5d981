"""Defensive distillation."""

import pytest
import torch
from torch.nn import functional as F

import sparring
from sparring.data import load_data
from sparring.errors import InputError
from sparring.models import fit
from sparring.models._loaded import checksum
from sparring.models.distilled import Distilled


@pytest.fixture(scope="module")
def nets():
    """A net trained plainly, one distilled, and test images that both get right."""
    train, test = load_data("digits:train"), load_data("digits:test")
    unit = Distilled()
    plain, distilled = (unit.build(train.shape, 10) for _ in range(2))
    fit(plain, train, epochs=6)
    records = unit.fit(distilled, train, epochs=6)
    assert len(records) == 12  # the teacher's and the student's
    x, y = test.take(range(100))
    both = (plain(x).argmax(1) == y) & (distilled(x).argmax(1) == y)
    assert both.double().mean() > 0.9
    return plain, distilled, x[both], y[both]


def gap(net, x):
    return net(x).topk(2, 1).values.diff(dim=1).abs().median()


def test_the_logits_are_far_apart(nets):
    plain, distilled, x, _ = nets
    assert gap(distilled, x) > 10 * gap(plain, x)


def test_T4_cross_entropy_saturates_and_the_margin_succeeds(nets):
    _, distilled, x, y = nets
    z = x.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(F.cross_entropy(distilled(z), y, reduction="sum"), z)
    assert (slope.flatten(1).abs().amax(1) == 0).double().mean() > 0.5
    found = sparring.attack(distilled, x[:40], y[:40], "pgd(steps=20, loss=margin)", "linf(0.25)")
    assert found.robust_accuracy < 0.1


def test_the_seed_decides():
    part = load_data("digits:train")
    sums = set()
    for seed in (0, 0, 1):
        net = Distilled().build(part.shape, 10)
        Distilled().fit(net, part, epochs=1, seed=seed, batch_size=500)
        sums.add(checksum(net))
    assert len(sums) == 2


def test_a_temperature_below_one_is_refused():
    with pytest.raises(InputError, match="temperature of distilled"):
        Distilled(temperature=0.5)
