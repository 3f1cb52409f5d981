"""The nearest adversarial image that a budget buys: several ways to go, then toward class after class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from sparring.attacks._objectives import margin
from sparring.attacks._rivals import CANDIDATES, by_distance, lead
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, finish, prune
from sparring.attacks._squeeze import squeeze
from sparring.attacks.base import Attack
from sparring.attacks.ddn import DDN
from sparring.attacks.fmn import FMN
from sparring.attacks.pdpgd import PDPGD
from sparring.attacks.sigma_zero import SigmaZero
from sparring.errors import InputError
from sparring.types import Labels

OPENING = {
    "linf": (("fmn", 27), ("squeeze", 10), ("hop", 10)),
    "l2": (("pdpgd", 26), ("ddn", 13), ("squeeze", 10), ("hop", 12)),
    "l1": (("pdpgd", 30), ("squeeze", 30), ("hop", 6)),
    "l0": (("fmn", 20), ("sigma_zero", 32)),
}
"""Ways toward any class, in their order and their proportions: each ends in minima that the others miss."""
SHARE, LAST = {"linf": 0.36, "l2": 0.36, "l1": 0.2, "l0": 0.36}, 0.07
"""Of all steps: for the likely classes together, and for the end."""
FEW = 5
RIVALS = {"linf": 6, "l2": 6, "l1": 4, "l0": 9}
"""Classes that are searched for one by one."""


@dataclass(frozen=True)
class Nearest(Attack):
    """Search in several ways toward any class, then toward each likely class, then close to the best image.

    A search ends in a local minimum: more steps of it bring next to nothing, another way or another class does. So the
    steps are shared out: toward any class to fmn, pdpgd, ddn or sigma_zero, as the norm has them, to a climb inside
    balls that close on the nearest image known, and to fmn from that image; then a climb as long toward each of the
    nearest classes by their slopes at x, on the lead z_t − z_y of class t (in L0 fmn, whose image is then pruned); in
    the end to fmn from the nearest image with short steps. All that is seen counts, whichever class it is.

    Fields: `steps` ≥ 1, each a forward and a backward, in all.

    Cost: 2 · steps + 33 passes at most with 10 classes or more: the default stays within 2000, all included.

    Source: Pintor et al. 2021, arXiv 2102.12827; Matyasko and Chau 2021, arXiv 2106.01538; Rony et al. 2019, arXiv
    1811.09600; Cinà et al. 2025, arXiv 2402.01879; Croce and Hein 2021, arXiv 2103.01208, for the parts. **Differs**:
    the whole is our own; the shares were set on two small nets, one of them trained adversarially.

    >>> import sparring
    >>> sparring.parse("nearest").passes(classes=10)
    1993
    """

    minimal: ClassVar[bool] = True
    free_threat: ClassVar[str | None] = "l2(inf)"
    cites = ("pintor2021", "matyasko2021", "rony2019", "cina2025sigma", "croce2021l1")
    steps: int = 980

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError(f"expected steps >= 1, got {self.steps}")

    def passes(self, classes: int) -> int:
        rivals = min(CANDIDATES, classes - 1)
        return 2 * self.steps + 2 + rivals + (rivals + 5) + LOOKS

    def run(self, search: Search) -> None:
        norm = search.threat.name()
        classes = None if search.targets is not None else by_distance(search)[:, : RIVALS[norm]]
        each = 0 if classes is None else int(SHARE[norm] * self.steps / RIVALS[norm])
        last = int(LAST * self.steps)
        left = self.steps - last - (0 if classes is None else each * classes.shape[1])
        whole = sum(part for _, part in OPENING[norm])
        least = min(FEW, left)  # what the first way gets, however few there are
        for way, part in OPENING[norm]:
            share = min(max(left * part // whole, least), left)
            _go(search, way, share)
            left, whole, least = left - share, whole - part, 0
        for target in [] if classes is None else classes.unbind(1):
            _toward(search, target, each)
        _go(search, "sigma_zero" if norm == "l0" else "close", last)
        finish(search, search.strongest, torch.isfinite(search.nearest))


def _go(search: Search, way: str, steps: int) -> None:
    """Take one way toward any class. Cost: steps + 1 forwards, steps backwards."""
    if steps < 1:
        return
    if way == "fmn":
        _fmn(search, None, steps)
    elif way == "squeeze":
        squeeze(search, margin, steps)
    elif way in ("hop", "close"):
        size, gamma = (0.3, 0.05) if way == "hop" else (0.05, 0.01)
        FMN(steps=steps, step_size=size, gamma=gamma).descend(search, margin, start=search.strongest.clone())
    else:
        method = {"pdpgd": PDPGD, "ddn": DDN, "sigma_zero": SigmaZero}[way](steps=steps)
        method.descend(search, margin)


def _toward(search: Search, target: Labels, steps: int) -> None:
    """Search for one class. Cost: steps + 1 forwards, steps backwards."""
    if search.threat.name() == "l0":
        _fmn(search, target, steps)
    elif steps:
        squeeze(search, lead, steps, target)


def _fmn(search: Search, target: Labels | None, steps: int) -> None:
    """Run fmn from x; in L0 the last few passes go to what its nearest image does not need."""
    spared = LOOKS // 2 if search.threat.name() == "l0" and steps > LOOKS else 0
    if steps:
        best, nearest = FMN(steps=steps - spared).descend(search, margin if target is None else lead, target)
        if spared:
            prune(search, best, torch.isfinite(nearest))
