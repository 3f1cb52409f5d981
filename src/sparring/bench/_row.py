"""One line of the table, and the one judge of all who appear in it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.threats import Threat
from sparring.types import Images, Labels, Mask, Scores

ROUNDING = 1e-4
"""How far outside the ball, relative to ε, an image may lie and still be taken as one rounded outside."""


@dataclass(frozen=True)
class Row:
    """What one attack did on one problem in one norm.

    Fields: `problem`; `threat`, by its text, with the ε of `success`; `attack`, our unit by its text; `by`, who ran
    it: "sparring", a peer or "plain loop"; `n` samples, all of them right before; `goal`, untargeted or targeted (at
    the next class); `success`, share of the n broken within ε; `median`, median distance of a minimal attack's
    images, ε aside, None for attacks inside ε (and inf when most failed); `exact`, the median of the exact least
    distances, where it is known; `forwards`, `backwards` a sample, on average; `seconds` for all n; `note`, why
    there are no figures.
    """

    problem: str
    threat: str
    attack: str
    by: str
    n: int
    goal: str
    success: float | None = None
    median: float | None = None
    exact: float | None = None
    forwards: float | None = None
    backwards: float | None = None
    seconds: float | None = None
    note: str = ""


def judge(
    net: nn.Module, threat: Threat, x: Images, y: Labels, z: Images, targets: Labels | None
) -> tuple[Mask, Scores]:
    """Return which images z are adversarial and in the box, wherever they lie, and their distances (inf if not).

    Everyone is judged here, ours and theirs, on the bare model in float32. Images outside box or ball by no more
    than rounding are put inside first; anything further outside its box counts as no image.
    """
    z = z.detach().to(x.dtype).view_as(x)
    finite = torch.isfinite(z).flatten(1).all(1)
    z = torch.where(_column(finite, x), z, x)
    low, high = threat.limits(x)
    boxed = ((z >= low - 1e-6) & (z <= high + 1e-6)).flatten(1).all(1)
    nearly = boxed & (threat.excess(x, z) <= 1 + ROUNDING)
    z = torch.where(_column(nearly, x), threat.project(x, z), threat.clip(x, z))
    with torch.no_grad():
        answer = net(z).argmax(1)
    hit = finite & boxed & (answer != y if targets is None else answer == targets)
    return hit, torch.where(hit, threat.distance(z.double() - x.double()), torch.inf)


def share_within(threat: Threat, distance: Scores) -> float:
    """Return the share of samples whose distance is within ε, to within rounding."""
    return float((distance <= threat.radius * (1 + 1e-6)).double().mean())


def _column(values: Mask, x: Images) -> Tensor:
    return values.view(-1, *[1] * (x.ndim - 1))
