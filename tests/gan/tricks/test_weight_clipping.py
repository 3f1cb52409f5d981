"""After every step of the discriminator, under any rule, no weight of it is outside the box."""

from __future__ import annotations

import pytest
import torch

from sparring.registry import parse


@pytest.mark.parametrize("rule", ["alternating(k=2)", "simultaneous", "extragradient"])
def test_weights_stay_in_the_box(play, rule):
    """The generator's are left alone."""
    table = play("wgan(nets=dense(hidden=(8,)), tricks=(weight_clipping(bound=0.02),), lr=0.05, batch_size=16)")
    free = max(float(p.detach().abs().max()) for p in table.generator.parameters())
    table.round(parse(rule))
    assert max(float(p.detach().abs().max()) for p in table.discriminator.parameters()) <= 0.02 + 1e-9
    assert max(float(p.detach().abs().max()) for p in table.generator.parameters()) > 0.5 * free > 0.1


def test_it_follows_the_step_and_not_the_gradient(play):
    table = play("wgan(nets=dense(hidden=(8,)), batch_size=16)")
    first, _ = table.game.turns(table.feed.batch(0, round_=0))
    before = table.discriminator.score.weight.clone()
    table.table.gradient(first)
    assert torch.equal(table.discriminator.score.weight, before)
    table.table.step("discriminator")
    assert float(table.discriminator.score.weight.detach().abs().max()) <= 0.01 + 1e-9
