"""Classifier and detector fooled at once, where the best answer is known: half-planes, and all of a plane's points."""

from __future__ import annotations

import math
from typing import cast

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks import Attack
from sparring.attacks._objectives import folded, margin
from sparring.errors import InputError
from sparring.guards import Rejecting
from sparring.types import Classifier
from sparring.victims.base import Victim
from sparring.victims.black_box import BlackBox


class HalfPlanes(Rejecting):
    """Class 1 where ⟨w, x⟩ > b; refused where ⟨v, x⟩ > t. All in two dimensions, about the middle of the box."""

    def __init__(self, w: tuple[float, float], v: tuple[float, float], b: float, t: float) -> None:
        super().__init__(nn.Linear(2, 2, bias=False))
        self.w, self.v, self.b, self.t = torch.tensor(w), torch.tensor(v), b, t

    def judge(self, x: Tensor) -> tuple[Tensor, Tensor]:
        side = (x - 0.5) @ self.w.to(x.dtype) - self.b
        return torch.stack([-side, side], 1) / 2, (x - 0.5) @ self.v.to(x.dtype) - self.t


def nearest(model: HalfPlanes, x: Tensor) -> float:
    """The shortest way from x into {⟨w, x⟩ ≥ b, ⟨v, x⟩ ≤ t}: over one line, over the other, or to where they cross."""
    a = torch.stack([model.w, -model.v]).double()
    c = torch.tensor([model.b, -model.t]).double() - a @ (x.double() - 0.5)  # a d ≥ c
    ways = [c[i].clamp_min(0) * a[i] / a[i].square().sum() for i in (0, 1)]
    ways.append(torch.linalg.solve(a, c))
    return min(float(way.norm()) for way in ways if bool((a @ way >= c - 1e-9).all()))


BESIDE = HalfPlanes((1.0, 0.2), (0.1, 1.0), 0.15, 0.25)
"""The detector does not stand in the way: the classifier's own boundary is nearest."""
AHEAD = HalfPlanes((1.0, 0.2), (0.5, 0.87), 0.15, 0.02)
"""What fools the classifier by the shortest way is refused: the way leads to where both lines cross."""
X = torch.tensor([[0.5, 0.5]])
Y = torch.zeros(1, dtype=torch.int64)


def test_a_refusal_goes_to_the_label() -> None:
    raw = torch.tensor([[1.0, 2.0, 0.0, 3.0], [1.0, 2.0, 0.0, 1.5]])
    assert folded(raw, torch.tensor([0, 0])).tolist() == [[3.0, 2.0, 0.0], [1.5, 2.0, 0.0]]
    values = margin(folded(raw, torch.tensor([0, 0])), torch.tensor([0, 0]), None)
    assert values.tolist() == [-1.0, 0.5]  # the smaller of fooling and acceptance, once fooled


@pytest.mark.parametrize("model", [BESIDE, AHEAD], ids=["beside", "ahead"])
@pytest.mark.parametrize("text", ["ddn(steps=200)", "cw_l2(steps=60)", "deepfool"])
def test_minimal_attacks_reach_the_nearest_point_that_fools_both(model: HalfPlanes, text: str) -> None:
    found = sparring.attack(model, X, Y, text, "l2(inf)")
    exact = nearest(model, X[0])
    assert found.success.all()
    assert exact * (1 - 1e-5) <= float(found.distance) <= 1.03 * exact
    assert int(model(found.images).argmax()) == 1


@pytest.mark.parametrize("text", ["pgd(steps=100, loss='margin')", "apgd", "apgd(loss='margin')"])
def test_bounded_attacks_succeed_exactly_where_there_is_a_point(text: str) -> None:
    exact = nearest(AHEAD, X[0])
    alone = 0.15 / math.hypot(1, 0.2)
    assert alone < 0.95 * exact, "the detector must matter"
    assert sparring.attack(AHEAD, X, Y, text, f"l2({1.04 * exact})").success.all()
    assert not sparring.attack(AHEAD, X, Y, text, f"l2({0.99 * exact})").success.any()


def test_a_target_is_reached_only_where_it_is_answered() -> None:
    exact = nearest(AHEAD, X[0])
    found = sparring.attack(AHEAD, X, Y, "ddn(steps=200)", "l2(inf)", targets=1)
    assert exact * (1 - 1e-5) <= float(found.distance) <= 1.03 * exact


class Curved(Rejecting):
    """Three classes and a detector in the plane, none of them straight."""

    def __init__(self) -> None:
        super().__init__(nn.Identity())
        self.a = torch.randn(3, 6, generator=torch.Generator().manual_seed(3))
        self.d = torch.randn(6, generator=torch.Generator().manual_seed(4))

    def judge(self, x: Tensor) -> tuple[Tensor, Tensor]:
        u, v = (4 * (x - 0.5)).unbind(1)
        terms = torch.stack([u, v, u * v, u * u, v * v, torch.ones_like(u)], 1)
        return terms @ self.a.T, torch.tanh(terms @ self.d)


@pytest.mark.parametrize("radius", [0.05, 0.1, 0.2])
def test_success_is_what_trying_every_point_says(radius: float) -> None:
    """Each corner, edge and inner point of the square around x, against the attacks of a protocol."""
    model = Curved()
    x = torch.rand(40, 2, generator=torch.Generator().manual_seed(0))
    y = model.judge(x)[0].argmax(1)
    line = torch.linspace(-1, 1, 201)
    grid = torch.cartesian_prod(line, line) * radius
    points = (x[:, None] + grid).clamp(0, 1)
    says = model(points.flatten(0, 1)).argmax(1).view(40, -1)
    exists = ((says != y[:, None]) & (says != 3)).any(1)
    standing = torch.ones(40, dtype=torch.bool)
    for text in ("apgd(loss='margin', restarts=3)", "apgd_t(targets=2, loss='margin')", "square(queries=1000)"):
        found = sparring.attack(model, x, y, text, f"linf({radius})")
        answer = model(found.images).argmax(1)
        won = found.success & found.clean_correct
        assert bool(((answer != y) & (answer != 3))[won].all())
        assert not bool((won & ~exists).any()), "a grid of 201 x 201 points misses what an attack found"
        standing &= ~found.success
    assert torch.equal(found.clean_correct, model(x).argmax(1) == y)
    missed = standing & exists
    assert int(missed.sum()) <= 1


def test_a_clean_image_that_is_refused_is_wrong_from_the_start_and_not_attacked() -> None:
    x = torch.tensor([[0.5, 0.5], [0.5, 0.95]])
    found = sparring.attack(BESIDE, x, torch.tensor([0, 0]), "pgd(steps=5)", "l2(0.01)")
    assert found.clean_correct.tolist() == [True, False]
    assert found.success.tolist() == [False, True]
    assert found.distance[1] == 0
    assert found.forwards.tolist()[1] == 1
    assert int(found.logits_before[1].argmax()) == 2
    assert found.robust_accuracy == 0.5


def test_without_labels_the_classifiers_own_answer_is_the_label() -> None:
    found = sparring.attack(BESIDE, torch.tensor([[0.5, 0.95]]), None, "fgsm", "l2(0.01)")
    assert found.labels.tolist() == [0]
    assert not found.clean_correct.any()


def test_a_refusal_is_no_class_to_aim_at_or_to_be() -> None:
    with pytest.raises(InputError, match=r"\[0, 1\] for a model with 2 classes"):
        sparring.attack(BESIDE, X, Y, "pgd", "l2(0.1)", targets=2)
    with pytest.raises(InputError, match="2 classes"):
        sparring.attack(BESIDE, X, Y + 2, "pgd", "l2(0.1)")


def test_the_ways_to_look_at_it_agree() -> None:
    """A method of it, a twin, a black box of scores or of labels: a refusal is none of their successes."""
    exact = nearest(AHEAD, X[0])
    victims: tuple[Classifier | Victim, ...] = (AHEAD.forward, BlackBox(AHEAD, "scores"), BlackBox(AHEAD, "decision"))
    for victim, text in zip(victims, ("ddn(steps=200)", *["hopskipjump(queries=400)"] * 2), strict=True):
        found = sparring.attack(victim, X, Y, text, "l2(inf)")
        assert found.success.all()
        assert exact * (1 - 1e-5) <= float(found.distance) <= 1.5 * exact
        assert int(AHEAD(found.images).argmax()) == 1


KINDS = (
    "fgsm", "pgd(steps=20)", "apgd_t(steps=15)", "deepfool", "fab(steps=20)", "jsma", "cw_l2(steps=30, search_steps=4)",
    "fmn(steps=50)", "ead(steps=30, search_steps=4)", "sigma_zero(steps=60)", "square(queries=200)", "nes(queries=400)",
    "boundary(queries=300)", "rays(queries=300)", "hopskipjump(queries=300)",
)  # fmt: skip
"""By slope, by Jacobian, by scores and by decisions; within a ball and for the nearest."""


@pytest.mark.parametrize("text", KINDS)
@pytest.mark.filterwarnings("ignore::sparring.errors.SparringWarning")
def test_every_attack_counts_only_what_is_answered(text: str, digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """On a net with a detector that refuses low confidence, in whatever norm the attack is made for."""
    net, x, y = digits_net

    class Confident(Rejecting):
        def judge(self, z: Tensor) -> tuple[Tensor, Tensor]:
            logits = self.net(z)
            first = logits.topk(2, dim=1).values
            return logits, first[:, 1] - first[:, 0]

    model = Confident(net).eval()
    model.threshold.fill_(-1.0)
    method = cast(Attack, sparring.parse(text, "attack"))
    limits = {"linf": "linf(0.3)", "l2": "l2(3)", "l1": "l1(12)", "l0": "l0(20)"}
    found = sparring.attack(model, x[:6], y[:6], method, method.free_threat or limits[method.norms[0]])
    answer = model(found.images).argmax(1)
    assert torch.equal(found.success & found.clean_correct, (answer != y[:6]) & (answer != 10) & found.clean_correct)
    assert bool((found.success & found.clean_correct).any())
