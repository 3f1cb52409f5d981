"""OMIE: what is added to the generator's loss, the running mean, and the cut of the gradient."""

from __future__ import annotations

import pytest
import torch

from sparring.core.bound import donsker_varadhan
from sparring.core.group import Group
from sparring.errors import InputError
from sparring.gan._moment import Moment
from sparring.gan.inference._nets import beside
from sparring.registry import parse

DENSE = "nets=dense(latent=4, hidden=(8,)), batch_size=16"


def length(slopes):
    return torch.stack([s.square().sum() for s in slopes]).sum().sqrt().item()


@pytest.mark.parametrize("weight", [0.001, 1000.0])
def test_the_generators_gradient_is_its_own_and_that_of_the_bound_cut_to_its_length(play, weight):
    """g − β g_I where that is shorter than g, else g − ‖g‖ g_I / ‖g_I‖; T's is that of the bound, uncut."""
    plain, table = play(f"dcgan({DENSE})"), play(f"dcgan({DENSE}, inference=omie(weight={weight}))")
    plain.generator.load_state_dict({k: v for k, v in table.generator.state_dict().items() if "inference" not in k})
    plain.discriminator.load_state_dict(table.discriminator.state_dict())
    batch, g = table.feed.batch(0, round_=0), table.generator
    body, statistic = list(g.body.parameters()), list(g.inference.parameters())
    turns = [each.game.turns(batch)[1] for each in (plain, table)]
    own = torch.autograd.grad(turns[0].loss(), list(plain.generator.body.parameters()))
    z = Moment(batch, "generator").streams("z").normal((4,))
    x = g(z)
    bound = donsker_varadhan(g.inference(beside(x, z)), g.inference(beside(x, z.roll(1, 0))))
    wanted = torch.autograd.grad(bound, body + statistic)
    cut = min(weight, length(own) / length(wanted[: len(body)]))
    found = torch.autograd.grad(turns[1].loss(), body + statistic)
    for one, mine, told in zip(found, own, wanted[: len(body)], strict=False):
        torch.testing.assert_close(one, mine - cut * told, rtol=1e-3, atol=1e-5)
    for one, told in zip(found[len(body) :], wanted[len(body) :], strict=True):
        torch.testing.assert_close(one, -told, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(turns[1].figures["information"], bound)
    assert turns[1].figures["clipped"].item() == pytest.approx(cut / weight, rel=1e-3)


def test_the_running_mean_is_carried_from_round_to_round(play):
    """G28: the gradient of later rounds is divided by the running mean, which is saved with the game."""
    table = play(f"dcgan({DENSE}, inference=omie(rate=0.25))")
    means = []
    for number in range(2):
        batch = table.feed.batch(number, round_=number)
        _, second = table.game.turns(batch)
        z = Moment(batch, "generator").streams("z").normal((4,))
        others = table.generator.inference(beside(table.generator(z), z.roll(1, 0)))
        means.append(others.exp().mean().item())
        second.loss()
    (memory,) = [value for name, value in table.game.memory.items() if "e^T" in name]
    assert memory.exp().item() == pytest.approx(0.75 * means[0] + 0.25 * means[1], rel=1e-4)


def test_several_processes_are_refused():
    """G10: each would have a running mean of its own part of a batch."""
    unit = parse(f"gan({DENSE}, inference=omie())")
    nets = unit.build((1, 8, 8))
    unit.game(*nets, Group(0, 1))
    with pytest.raises(InputError, match="one process for omie"):
        unit.game(*nets, Group(0, 2))


def test_bad_fields_are_refused():
    for fields in ("rate=0", "rate=1.5", "weight=0", "width=0"):
        with pytest.raises(InputError, match="of omie"):
            parse(f"omie({fields})", "inference")
