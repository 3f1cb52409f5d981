"""A configuration is its text, builds the same nets again, and makes the optimizers it says."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from sparring.errors import InputError
from sparring.gan import Gan, recipe
from sparring.registry import parse, show, walk

LONG = (
    "gan(nets=dcgan(width=8, norm=False), loss=lsgan(smoothing=0.1), penalties=(r1(gamma=0.5, every=4),), "
    "tricks=(instance_noise(), diff_augment(policy=('color',))), rule=alternating(k=2), lr=0.0001, "
    "lr_discriminator=0.0004, optimizer='rmsprop', betas=(0.5, 0.9), cooldown=0.25, batch_size=48, average=0, "
    "conditional=True, auxiliary=0.5, together=True, inference=ali(width=32))"
)


def test_every_field_has_a_text_and_reads_back():
    unit = parse(LONG)
    assert show(unit) == LONG
    assert parse(show(unit)) == unit
    assert {type(each).__name__ for each in walk(unit)} >= {"Gan", "Dcgan", "Lsgan", "R1", "InstanceNoise"}
    assert all(getattr(unit, f.name) != getattr(Gan(), f.name) for f in dataclasses.fields(Gan))
    assert isinstance(hash(unit), int)


def test_the_seed_decides_the_weights_and_nothing_else_is_touched():
    state = torch.get_rng_state()
    nets = [recipe("dcgan(nets=dcgan(width=4))").build((1, 8, 8), seed=seed) for seed in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), state)
    for one, two, three in zip(*(torch.nn.ModuleList(pair).parameters() for pair in nets), strict=True):
        assert torch.equal(one, two)
        assert not torch.equal(one, three) or bool((one == one.flatten()[0]).all())
    assert nets[0][0].shape == (1, 8, 8)


def test_each_player_has_its_own_optimizer():
    unit = parse("gan(nets=dense(hidden=(8,)), lr=0.001, lr_discriminator=0.004, betas=(0.5, 0.9), average=50)")
    game = unit.game(*unit.build((2,)))
    players = unit.table(game).players
    assert list(players) == ["discriminator", "generator"]
    for name, lr, module in (("discriminator", 0.004, game.discriminator), ("generator", 0.001, game.generator)):
        (group,) = players[name].optimizer.param_groups
        assert type(players[name].optimizer) is torch.optim.Adam
        assert (group["lr"], group["betas"]) == (lr, (0.5, 0.9))
        assert {id(p) for p in group["params"]} == {id(p) for p in module.parameters()}
    assert players["generator"].average.half_life == 50
    assert players["discriminator"].average is None
    assert unit.table(unit.game(*unit.build((2,)))).players["generator"].average is not None
    plain = dataclasses.replace(unit, lr_discriminator=None, average=0.0, optimizer="rmsprop")
    players = plain.table(game).players
    assert {type(p.optimizer) for p in players.values()} == {torch.optim.RMSprop}
    assert {p.optimizer.param_groups[0]["lr"] for p in players.values()} == {0.001}
    assert {p.optimizer.param_groups[0]["alpha"] for p in players.values()} == {0.9}
    assert players["generator"].average is None


def test_learning_rates_fall_at_the_end():
    unit = parse("gan(cooldown=0.25)")
    assert [unit.rate(share) for share in (0, 0.75, 0.875, 1.0)] == [1, 1, 0.5, 0]


def test_classes_are_built_in_only_where_asked_for():
    plain, conditional = recipe("dcgan(nets=dcgan(width=4))"), recipe("acgan(nets=dcgan(width=4))")
    assert [net.classes for net in plain.build((1, 8, 8), 10)] == [0, 0]
    assert [net.classes for net in conditional.build((1, 8, 8), 10)] == [10, 10]
    with pytest.raises(InputError, match="at least 2 classes for a conditional gan, got 0: give data with labels"):
        conditional.build((1, 8, 8))


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("lr=0", "learning rates of gan > 0"), ("lr_discriminator=-1", "learning rates of gan > 0"),
        ("betas=(0.5, 1)", r"betas of gan in \[0, 1\)"), ("batch_size=0", "batch_size >= 1"),
        ("average=-1", "average >= 0"), ("cooldown=2", r"cooldown in \[0, 1\]"), ("auxiliary=0", "auxiliary > 0"),
        ("penalties=(hinge(),)", "Penalty"), ("loss=r1()", "expected GanLoss"), ("nets=dcgan", "expected Nets"),
        ("optimizer='sgd'", "optimizer"),
    ],
)  # fmt: skip
def test_bad_fields(field, told):
    with pytest.raises(InputError, match=told):
        parse(f"gan({field})")
