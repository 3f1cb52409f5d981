"""The same attacks by others: which of theirs is which of ours, and how to call it at the same number of steps."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from sparring.attacks import Attack
from sparring.bench._plain import plain_pgd
from sparring.bench._stub import stand_ins
from sparring.types import Images, Labels

INSTALL = {
    "foolbox": "pip install -c constraints.txt -e '.[peers]'",
    "adv_lib": "pip install --no-deps adv-lib",
    "torchattacks": "pip install --no-deps torchattacks",
}
"""How to install each peer."""


@dataclass(frozen=True)
class Task:
    """What a peer is asked: a model in eval mode, images in [0, 1], labels, ε, and our unit, whose fields set theirs.

    `targets` (n,) when the attack is to reach a class, else None.
    """

    model: nn.Module
    x: Images
    y: Labels
    eps: float
    norm: str
    unit: Any
    classes: int
    targets: Labels | None = None

    @property
    def steps(self) -> int:
        """Our unit's number of steps."""
        return int(self.unit.steps)

    @property
    def p(self) -> float:
        """The norm as a number."""
        return {"linf": math.inf, "l2": 2, "l1": 1, "l0": 0}[self.norm]


Call = Callable[[Any, Task], Images]


@dataclass(frozen=True)
class Peer:
    """An attack of a peer: the `library`, our unit it corresponds to, the norms, and the call → adversarial images.

    `most_values`: no larger images (values an image), for attacks whose memory grows with their square.
    """

    library: str
    unit: str
    norms: tuple[str, ...]
    call: Call
    most_values: int = 1_000_000


def load(library: str) -> Any:
    """Return a peer's module of attacks, or None where it is not installed; "plain loop" always is."""
    if library == "plain loop":
        return plain_pgd
    try:
        with stand_ins("torchvision", "visdom"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(library if library == "torchattacks" else f"{library}.attacks")
    except ImportError:
        return None


Settings = Callable[[Task], dict[str, Any]]


def _bare(plain: Any, t: Task) -> Images:
    images: Images = plain(t.model, t.x, t.y, t.eps, t.steps, 2.5 * t.eps / t.steps)
    return images


def _foolbox(name: str, settings: Settings) -> Call:
    """Return a call of a foolbox attack; `{}` in its name stands for the norm, in whatever case."""

    def call(fb: Any, t: Task) -> Images:
        wanted = name.format(t.norm).lower()
        attack = next(getattr(fb, each) for each in dir(fb) if each.lower() == wanted)(**settings(t))
        wrapped = importlib.import_module("foolbox.models").PyTorchModel(t.model, bounds=(0, 1), device=t.x.device)
        _, images, _ = attack(wrapped, t.x, t.y, epsilons=None if t.unit.minimal else t.eps)
        kept: Images = images
        return kept

    return call


def _adv_lib(name: str, settings: Settings) -> Call:
    def call(al: Any, t: Task) -> Images:
        images: Images = getattr(al, name)(t.model, t.x, t.y, **settings(t))
        return images

    return call


def _torchattacks(name: str, settings: Settings) -> Call:
    def call(ta: Any, t: Task) -> Images:
        attack = getattr(ta, name)(t.model, **settings(t))
        if t.targets is not None:
            attack.set_mode_targeted_by_label(quiet=True)
        images: Images = attack(t.x, t.y if t.targets is None else t.targets)
        return images

    return call


def _pace(t: Task, share: float) -> dict[str, Any]:
    """Return the words of torchattacks for ε, steps and a step of share · ε / steps."""
    return {"eps": t.eps, "steps": t.steps, "alpha": share * t.eps / t.steps}


def _auto(t: Task) -> dict[str, Any]:
    """Return the words of torchattacks for APGD."""
    return {"norm": t.norm.capitalize(), "eps": t.eps, "steps": t.steps}


def _stride(t: Task) -> float:
    """Return Adam's rate for Carlini and Wagner: with few steps, large enough to cross the box in a round."""
    return max(0.01, 10 / t.steps)


SMOOTH, EVERY = ("linf", "l2", "l1"), ("linf", "l2", "l1", "l0")
PEERS = (
    Peer("plain loop", "pgd", ("linf",), _bare),
    Peer("foolbox", "fgsm", SMOOTH, _foolbox("{}FastGradientAttack", lambda t: {})),
    Peer("foolbox", "bim", SMOOTH, _foolbox("{}BasicIterativeAttack",
        lambda t: {"steps": t.steps, "rel_stepsize": 1.5 / t.steps})),
    Peer("foolbox", "pgd", SMOOTH, _foolbox("{}ProjectedGradientDescentAttack",
        lambda t: {"steps": t.steps, "rel_stepsize": 2.5 / t.steps})),
    Peer("foolbox", "deepfool", ("linf", "l2"), _foolbox("{}DeepFoolAttack", lambda t: {"steps": t.steps})),
    Peer("foolbox", "cw_l2", ("l2",), _foolbox("{}CarliniWagnerAttack",
        lambda t: {"steps": t.steps, "binary_search_steps": t.unit.search_steps, "stepsize": _stride(t)})),
    Peer("foolbox", "fmn", EVERY, _foolbox("{}FMNAttack", lambda t: {"steps": t.steps})),
    Peer("adv_lib", "pgd", ("linf",), _adv_lib("pgd_linf",
        lambda t: {"ε": t.eps, "steps": t.steps, "relative_step_size": 2.5 / t.steps})),
    Peer("adv_lib", "apgd", SMOOTH, _adv_lib("apgd",
        lambda t: {"eps": t.eps, "norm": t.p, "n_iter": t.steps, "loss_function": t.unit.loss})),
    Peer("adv_lib", "apgd_t", SMOOTH, _adv_lib("apgd_targeted",
        lambda t: {"eps": t.eps, "norm": t.p, "n_iter": t.steps})),
    Peer("adv_lib", "deepfool", ("linf", "l2"), _adv_lib("df", lambda t: {"norm": t.p, "steps": t.steps})),
    Peer("adv_lib", "cw_l2", ("l2",), _adv_lib("carlini_wagner_l2",
        lambda t: {"max_iterations": t.steps, "learning_rate": _stride(t), "binary_search_steps": t.unit.search_steps}
    )),
    Peer("adv_lib", "cw_linf", ("linf",), _adv_lib("carlini_wagner_linf",
        lambda t: {"max_iterations": t.steps, "learning_rate": _stride(t)})),
    Peer("adv_lib", "fmn", EVERY, _adv_lib("fmn", lambda t: {"norm": t.p, "steps": t.steps})),
    Peer("torchattacks", "fgsm", ("linf",), _torchattacks("FGSM", lambda t: {"eps": t.eps})),
    Peer("torchattacks", "bim", ("linf",), _torchattacks("BIM", lambda t: _pace(t, 1.5))),
    Peer("torchattacks", "pgd", ("linf",), _torchattacks("PGD", lambda t: _pace(t, 2.5))),
    Peer("torchattacks", "pgd", ("l2",), _torchattacks("PGDL2", lambda t: _pace(t, 2.5))),
    Peer("torchattacks", "apgd", ("linf", "l2"), _torchattacks("APGD",
        lambda t: {**_auto(t), "loss": t.unit.loss})),
    Peer("torchattacks", "apgd_t", ("linf", "l2"), _torchattacks("APGDT",
        lambda t: {**_auto(t), "n_classes": t.classes})),
    Peer("torchattacks", "deepfool", ("l2",), _torchattacks("DeepFool", lambda t: {"steps": t.steps})),
    Peer("torchattacks", "cw_l2", ("l2",), _torchattacks("CW",
        lambda t: {"steps": t.steps * t.unit.search_steps})),
    Peer("torchattacks", "jsma", ("l0",), _torchattacks("JSMA", lambda t: {}), most_values=100),
)  # fmt: skip
"""One line a peer's attack. Their defaults hold for everything that is not ε, a number of steps or a step size."""


def peers_of(unit: Attack, norm: str) -> list[Peer]:
    """Return who else has this attack in this norm."""
    return [peer for peer in PEERS if peer.unit == unit.name() and norm in peer.norms]
