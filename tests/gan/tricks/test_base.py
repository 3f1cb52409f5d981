"""What every trick promises: left alone, a place changes nothing; and all of them can be played."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.gan.nets import Judgement
from sparring.gan.tricks import Trick
from sparring.registry import parse, units

EVERY = sorted(units("trick"))


def test_a_trick_that_does_nothing_changes_nothing(moment):
    x, seen = torch.rand(3, 2), Judgement(torch.zeros(3), None, torch.zeros(3, 4))
    now, trick = moment(x), Trick()
    assert trick.inputs(x, now, "real") is x
    assert trick.generator_loss(seen, seen, now) is None
    assert trick.extra(torch.nn.Linear(1, 1), now) is None


@pytest.mark.parametrize("name", EVERY)
def test_every_trick_can_be_played(name, play, small):
    """Two rounds on pictures: figures stay finite and both players move."""
    unit = f"{name}(size=8)" if name == "virtual_batch_norm" else f"{name}()"
    table = play(f"dcgan(nets=dcgan(width=4, latent=8), tricks=({unit},), batch_size=8)", small())
    before = [p.clone() for net in (table.generator, table.discriminator) for p in net.parameters()]
    for number in range(2):
        table.round(parse("alternating"), number)
    told = table.table.told()
    assert all(abs(value) < 1e4 for value in told.values())
    after = [p for net in (table.generator, table.discriminator) for p in net.parameters()]
    assert sum(not torch.equal(a, b) for a, b in zip(before, after, strict=True)) > len(after) * 0.6


@pytest.mark.parametrize(
    "field", ["bound of weight_clipping", "sigma of instance_noise", "weight of historical_averaging"]
)
def test_bad_fields(field):
    name, _, unit = field.partition(" of ")
    with pytest.raises(InputError, match=f"{field} > 0"):
        parse(f"{unit}({name}=0)")
