"""What every defense of the registry promises."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from sparring.data import Dataset
from sparring.defenses import Defense
from sparring.models import Trainable
from sparring.registry import parse, show, units

DEFENSES = sorted(units("defense"))
SHAPE = (1, 4, 4)
COUPLED = {"vat", "augmentation"}
"""A mean over all images in every sample's loss; and draws of the round's generator, not of the sample's own."""
X = torch.rand(10, *SHAPE, generator=torch.Generator().manual_seed(0))
Y = torch.arange(10) % 3


def small(name: str) -> Defense:
    return units("defense")[name]()  # type: ignore[return-value]


def net_of(defense: Defense):
    unit = defense.unit(parse("mlp(hidden=(8,))"))  # type: ignore[arg-type]
    return unit.build(SHAPE, 3, seed=0)


def prepared(kit, defense: Defense, threat: str = "linf(0.1)"):
    plain = parse("mlp(hidden=(8,))").build(SHAPE, 3, seed=1)  # type: ignore[union-attr]
    data = Dataset(X, Y, ("a", "b", "c"))
    return defense.prepare(kit.setting(plain, data, threat, lambda temperature=1.0: copy.deepcopy(plain).eval()))


def loss(kit, defense, net, rows, threat="linf(0.1)", **given):
    index = torch.arange(10)[rows]
    memory = {"carried": torch.zeros(10, *SHAPE, dtype=torch.int8), "reach": torch.zeros(10)} if defense.carries else {}
    play = kit.make(net, X[rows], Y[rows], threat, index=index, memory=memory, **given)
    object.__setattr__(play, "classes", 3)
    torch.manual_seed(5)
    return defense.loss(play)


@pytest.mark.parametrize("name", DEFENSES)
def test_it_is_a_value_with_a_text(name):
    unit = small(name)
    assert parse(show(unit), "defense") == unit
    assert unit.passes > 0
    assert unit.replays >= 1
    assert isinstance(unit.unit(parse("cnn")), Trainable)
    assert unit.cites
    if unit.claimed:
        assert unit.broken, "what became of the claim"


@pytest.mark.parametrize("name", DEFENSES)
@pytest.mark.parametrize("threat", ["linf(0.1)", "l2(0.5)", "l1(2)"])
def test_a_loss_is_one_finite_value_a_sample_in_every_norm_and_its_gradient_reaches_every_weight(kit, name, threat):
    unit = small(name)
    net = net_of(unit).train()
    values = loss(kit, unit, net, slice(None), threat, prepared=prepared(kit, unit, threat))
    assert values.shape == (10,)
    assert bool(values.isfinite().all())
    values.mean().backward()
    for parameter in net.parameters():
        assert bool(parameter.grad.isfinite().all())
        assert float(parameter.grad.abs().max()) > 0


@pytest.mark.parametrize("name", sorted(set(DEFENSES) - COUPLED - {"awp"}))
def test_the_loss_of_a_sample_does_not_depend_on_its_company(kit, name):
    """T6, T31: all at once or one by one, in a net without batch norms."""
    unit = small(name)
    net, ready = net_of(unit).eval(), prepared(kit, unit)
    whole = loss(kit, unit, net, slice(None), prepared=ready)
    for i in range(0, 10, 3):
        given = {"prepared": ready, "mirror": kit.make(net, X, Y).mirror}
        alone = loss(kit, unit, net, slice(i, i + 1), **given)
        torch.testing.assert_close(alone, whole[i : i + 1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", DEFENSES)
def test_a_small_step_down_its_gradient_lowers_it(kit, name):
    """On the same draws, with the attacker answering the step."""
    unit = small(name)
    net, ready = net_of(unit).train(), prepared(kit, unit)
    before = loss(kit, unit, net, slice(None), prepared=ready).mean()
    slopes = torch.autograd.grad(before, list(net.parameters()))
    with torch.no_grad():
        length = sum(slope.square().sum() for slope in slopes)
        for parameter, slope in zip(net.parameters(), slopes, strict=True):
            parameter.sub_(0.02 * before.detach() * slope / length)
    after = loss(kit, unit, net, slice(None), prepared=ready).mean().item()
    assert after < before.item() * (1 - 0.02 / 4)


@pytest.mark.parametrize("name", DEFENSES)
def test_neither_the_net_nor_the_generator_is_touched_but_by_the_loss_itself(kit, name):
    """T29: no gradient is left on a weight, no flag changed."""
    unit = small(name)
    net, ready = net_of(unit).train(), prepared(kit, unit)
    weights = [p.clone() for p in net.parameters()]
    loss(kit, unit, net, slice(None), prepared=ready)
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert all(torch.equal(p, before) for p, before in zip(net.parameters(), weights, strict=True))
    assert all(module.training for module in net.modules())


def test_some_defenses_are_harder_than_plain_training(kit):
    """Else the attacker inside does nothing."""
    net = net_of(parse("standard"))  # type: ignore[arg-type]
    plain = F.cross_entropy(net(X), Y, reduction="none")
    for text in ("adversarial", "fast", "trades", "mart", "logit_pairing"):
        assert bool((loss(kit, parse(text), net, slice(None)) > plain).all()), text
