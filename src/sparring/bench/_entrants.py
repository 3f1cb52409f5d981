"""Who takes part in the scorecard beside us: minimal-distance attacks of the peers, set to spend a budget."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor, nn

from sparring.bench._ladder import RUNGS, smallest_ball
from sparring.types import Images, Labels, Mask

ORDER = {"linf": math.inf, "l2": 2, "l1": 1, "l0": 0}


@dataclass(frozen=True)
class Order:
    """What an entrant is asked: the smallest change in a norm, for `budget` passes a sample.

    `model` counts passes; `x` in [0, 1]; `scale`, a distance of about the size to be found, from which searches
    over ε start.
    """

    model: nn.Module
    x: Images
    y: Labels
    norm: str
    classes: int
    budget: int
    scale: float

    @property
    def steps(self) -> int:
        """Steps of one forward and one backward; one more forward fits in, which some use to look at the end."""
        return (self.budget - 1) // 2


Call: TypeAlias = Callable[[Any, Order], Images]


@dataclass(frozen=True)
class Entrant:
    """An attack of a peer: its `library`, its `attack` by a name of theirs, its norms, and the call → images."""

    library: str
    attack: str
    norms: tuple[str, ...]
    call: Call


def _adv_lib(name: str, words: Callable[[Order], dict[str, Any]]) -> Call:
    def call(al: Any, o: Order) -> Images:
        images: Images = getattr(al, name)(o.model, o.x, o.y, **words(o))
        return images

    return call


def _minimal_apgd(targets: int) -> Call:
    """Return a call of adv_lib's APGD inside its own search over ε; `targets` 0 is APGD without them."""

    def call(al: Any, o: Order) -> Images:
        module = importlib.import_module("adv_lib.attacks.auto_pgd")
        aims = min(targets, o.classes - 1)
        share = o.budget // RUNGS - 1
        images: Images = module.minimal_apgd(
            o.model, o.x, o.y, ORDER[o.norm], max_eps=2 * o.scale, binary_search_steps=RUNGS,
            targeted_version=targets > 0, num_targets=aims or None,
            n_iter=(share // max(aims, 1) - (8 if o.norm == "l1" else 4)) // 2,
            loss_function="dlr" if targets else "ce",
            use_large_reps=o.norm == "l1",
        )  # fmt: skip
        return images

    return call


def _foolbox(name: str, words: Callable[[Order], dict[str, Any]]) -> Call:
    def call(fb: Any, o: Order) -> Images:
        attack = _find(fb, name.format(o.norm))(**words(o))
        _, images, _ = attack(_wrapped(o), o.x, o.y, epsilons=None)
        kept: Images = images
        return kept

    return call


def _foolbox_ladder(name: str, stride: float) -> Call:
    """Return a call of a foolbox attack inside ε, by our search over ε."""

    def call(fb: Any, o: Order) -> Images:
        steps = (o.budget // RUNGS - 2) // 2
        attack = _find(fb, name.format(o.norm))(steps=steps, rel_stepsize=stride / steps)
        model = _wrapped(o)

        def bounded(rows: Tensor, eps: float) -> tuple[Mask, Images]:
            _, images, success = attack(model, o.x[rows], o.y[rows], epsilons=eps)
            return success, images

        return smallest_ball(o.x, bounded, o.scale, whole=o.norm == "l0")

    return call


def _find(fb: Any, name: str) -> Any:
    return next(getattr(fb, each) for each in dir(fb) if each.lower() == name.lower())


def _wrapped(o: Order) -> Any:
    return importlib.import_module("foolbox.models").PyTorchModel(o.model, bounds=(0, 1), device=o.x.device)


SMOOTH, EVERY = ("linf", "l2", "l1"), ("linf", "l2", "l1", "l0")
ENTRANTS = (
    Entrant("adv_lib", "alma", ("l2", "l1"), _adv_lib("alma", lambda o: {"distance": o.norm, "num_steps": o.steps})),
    Entrant("adv_lib", "apgd", SMOOTH, _minimal_apgd(0)),
    Entrant("adv_lib", "apgd_t", SMOOTH, _minimal_apgd(5)),
    Entrant("adv_lib", "ddn", ("l2",), _adv_lib("ddn", lambda o: {"steps": o.steps, "levels": None})),
    Entrant("adv_lib", "fmn", EVERY, _adv_lib("fmn", lambda o: {"norm": ORDER[o.norm], "steps": o.steps})),
    Entrant("adv_lib", "pdgd", ("l2",), _adv_lib("pdgd", lambda o: {"num_steps": o.steps})),
    Entrant("adv_lib", "pdpgd", SMOOTH,
        _adv_lib("pdpgd", lambda o: {"norm": ORDER[o.norm], "num_steps": o.steps})),
    Entrant("adv_lib", "pdpgd (2/3)", ("l0",),
        _adv_lib("pdpgd", lambda o: {"norm": 0, "num_steps": o.steps, "proximal_operator": 23})),
    Entrant("adv_lib", "sdf", ("l2",), _adv_lib("sdf", lambda o: {"steps": o.budget // 40})),
    Entrant("adv_lib", "sigma_zero", ("l0",), _adv_lib("sigma_zero", lambda o: {"num_steps": o.steps})),
    Entrant("adv_lib", "tr", ("linf", "l2"),
        _adv_lib("tr", lambda o: {"p": ORDER[o.norm], "adaptive": True, "iter": o.budget // 8})),
    Entrant("adv_lib", "vfga", ("l0",),
        _adv_lib("vfga", lambda o: {"targeted": False, "max_iter": o.budget // 12})),
    Entrant("foolbox", "bim", SMOOTH, _foolbox_ladder("{}BasicIterativeAttack", 1.5)),
    Entrant("foolbox", "ddn", ("l2",), _foolbox("DDNAttack", lambda o: {"steps": o.steps})),
    Entrant("foolbox", "ead", ("l1",),
        _foolbox("EADAttack", lambda o: {"binary_search_steps": 9, "steps": o.budget // 27, "decision_rule": "L1"})),
    Entrant("foolbox", "fmn", EVERY, _foolbox("{}FMNAttack", lambda o: {"steps": o.steps})),
    Entrant("foolbox", "pgd", SMOOTH, _foolbox_ladder("{}ProjectedGradientDescentAttack", 2.5)),
)  # fmt: skip
"""One line an attack. Their defaults hold for everything that is not a number of steps."""
