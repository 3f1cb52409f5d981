"""The unrolled GAN whole: what the generator's slope is, that the discriminator is left as it was, and cut runs."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
import torch

from sparring.games import Plan, train
from sparring.games._ahead import loss_ahead
from sparring.gan import recipe
from sparring.registry import parse

DENSE = "nets=dense(latent=4, hidden=(8,))"


def flat(tensors: Any) -> torch.Tensor:
    return torch.cat([each.detach().flatten() for each in tensors])


def digest(table: Any) -> str:
    """A hash of all of the discriminator: weights, buffers, and the moments of its optimizer."""
    player = table.table.players["discriminator"]
    found = hashlib.sha256()
    for name, value in player.module.state_dict().items():
        found.update(name.encode() + value.numpy().tobytes())
    for each in player.optimizer.state.values():
        for name, value in each.items():
            found.update(name.encode() + value.numpy().tobytes())
    return found.hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        "dcgan(nets=dcgan(width=4, latent=4), tricks=(spectral_norm(), historical_averaging()), batch_size=8)",
        f"baseline({DENSE}, batch_size=8)",
    ],
)
def test_the_discriminator_is_as_its_own_step_left_it(play, small, cloud, text):
    """G24: hash of weights, moments, batch norm's statistics, power iterations; counts and means of the game."""
    table = play(text, cloud() if "dense" in text else small(40, (1, 16, 16)))
    optimizer, moved = table.table.players["discriminator"].optimizer, []
    real_step = optimizer.step

    def step() -> None:
        real_step()
        moved.append((digest(table), {k: v.clone() for k, v in table.game.memory.items()}))

    optimizer.step = step
    for number in range(2):
        table.round(parse("unrolled(k=3)"), number)
        was, memory = moved[number]
        assert digest(table) == was
        for name, value in memory.items():
            if "generator" not in name:
                assert torch.equal(table.game.memory[name], value)
    assert len(moved) == 2


@pytest.mark.parametrize("text", [f"baseline({DENSE}", "dcgan(nets=dcgan(width=4, latent=4)"])
def test_no_steps_ahead_are_alternating(play, small, cloud, text):
    """G24: to the bit."""
    states = []
    for rule in ("alternating", "unrolled(k=0)"):
        table = play(text + ", batch_size=8)", cloud() if "dense" in text else small(40, (1, 16, 16)))
        for number in range(2):
            table.round(parse(rule), number)
        states.append(table)
    assert digest(states[0]) == digest(states[1])
    assert torch.equal(*(flat(each.generator.state_dict().values()) for each in states))


def value_ahead(table: Any, batch: Any, steps: int, along: torch.Tensor) -> float:
    """What the generator wants small, moved along a direction, after real steps of a copy of the discriminator."""
    other = copy.deepcopy(table)
    with torch.no_grad():
        at = 0
        for p in other.generator.parameters():
            p.add_(along[at : at + p.numel()].view_as(p))
            at += p.numel()
    for _ in range(steps):
        first, second = other.game.turns(batch)
        other.table.gradient(first)
        other.table.step("discriminator")
    _, second = other.game.turns(batch)
    assert second.whole is not None
    return second.whole().item()


@pytest.mark.parametrize(
    "text",
    [
        f"unrolled({DENSE}, batch_size=32, lr_discriminator=0.02)",
        f"dcgan({DENSE}, lr=0.02, penalties=(r2(gamma=0.1), wgan_gp(weight=0.1)), tricks=(packing(),), batch_size=32)",
        pytest.param(f"baseline({DENSE}, lr=0.02, optimizer='rmsprop', batch_size=32)", marks=pytest.mark.slow),
        pytest.param(f"dcgan({DENSE}, lr=0.02, tricks=(feature_matching(),), batch_size=32)", marks=pytest.mark.slow),
        pytest.param(
            f"dcgan({DENSE}, lr=0.02, inference=ali(), penalties=(r1(gamma=0.1),), batch_size=32)",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "dcgan(nets=dcgan(width=4, latent=4), lr=0.01, tricks=(spectral_norm(), instance_noise()), batch_size=16)",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_generators_slope_is_that_of_differences(play, small, cloud, text):
    """G24: through three steps, penalties at generated points and between, packs and power iterations.

    Of smooth nets: a gradient of leaky ReLU jumps where units turn over, which differences see and slopes do not.
    """
    table = play(text, cloud() if "dense" in text else small(60, (1, 16, 16)))
    for module in list(table.discriminator.modules()):
        for name, layer in module.named_children():
            if isinstance(layer, torch.nn.LeakyReLU):
                setattr(module, name, torch.nn.SiLU())
    for number in range(2):
        table.round(parse("alternating"), number)
    batch = table.feed.batch(5, round_=5)
    first, second = table.game.turns(batch)
    table.table.gradient(second)
    plain = flat(p.grad for p in table.generator.parameters())
    before = copy.deepcopy(table)
    table.table.gradient(second, lambda: loss_ahead(table.table, first, second, 3, table.game.memory))
    slope = flat(p.grad for p in table.generator.parameters())
    unit, h = slope / slope.norm(), 1e-3
    up, down = (value_ahead(before, batch, 3, sign * h * unit) for sign in (1, -1))
    assert (up - down) / (2 * h) == pytest.approx(float(slope.norm()), rel=0.02)
    assert float((slope - plain).norm()) > 0.05 * float(plain.norm())


def test_in_a_game_of_one_value_the_generator_sees_all_of_it(play):
    """Minimax: looking ahead it wants minus what the discriminator wants, real points included."""
    table = play(f"unrolled({DENSE}, batch_size=16)")
    batch, d = table.feed.batch(0, round_=0), table.discriminator
    _, second = table.game.turns(batch)
    made = table.game.images(second.whole.args[0])
    scores = d(batch.x), d(made)
    torch.testing.assert_close(second.whole(), -table.game.loss.discriminator(*scores).mean())
    torch.testing.assert_close(second.loss(), table.game.loss.generator(*scores).mean())


def test_a_run_that_was_cut_ends_with_the_same_bits(play, tmp_path):
    """G26."""
    text = f"unrolled({DENSE}, batch_size=16, penalties=(r1(every=3),), tricks=(packing(), historical_averaging()))"
    rule, states = recipe(text).rule, []
    for name, cuts in (("whole", (6,)), ("cut", (2, 5, 6))):
        for rounds in cuts:
            table = play(text)
            train(table.game, rule, table.table, table.feed, Plan(rounds), tmp_path / name)
        states.append(table)
    assert digest(states[0]) == digest(states[1])
    assert torch.equal(*(flat(each.generator.parameters()) for each in states))


def test_losses_in_bfloat16_can_be_looked_through(play):
    table = play(f"baseline({DENSE}, batch_size=8)", precision="bfloat16")
    table.round(parse("unrolled(k=2)"))
    assert bool(flat(p.grad for p in table.generator.parameters()).isfinite().all())
