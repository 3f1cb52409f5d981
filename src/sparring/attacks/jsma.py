"""The saliency map attack: change two coordinates at a time, those that help most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.attacks._objectives import ce, margin
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, finish
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Mask


@dataclass(frozen=True)
class JSMA(Attack):
    """Each step moves the pair (p, q) = argmax −(α_p + α_q)(β_p + β_q) with α_p + α_q > 0 > β_p + β_q by θ.

    α_i is what moving coordinate i brings the target's output, β_i what it brings the others together. Without a
    target it is the label whose output must fall. Ends by dropping the coordinates that were not needed.

    Fields: `theta` θ in (0, 1], the step, a share of the width of the box; `gamma` Υ in (0, 1], the share of the
    coordinates that may change (ε of the threat bounds it too); `steps` ≥ 1, at most; `direction`, up, down or both,
    where a coordinate may move; `outputs`, probabilities or logits, whose derivatives α and β are.

    With probabilities β = −α, so that one gradient says it all: that of log p_t, or of the margin to the runner-up of
    each step when there is no target; log and margin order coordinates as p does and do not saturate.

    Cost: at most steps + 1 forwards, steps backwards (2 · steps for logits), and 8 passes at the end.

    Source: Papernot et al. 2016, arXiv 1511.07528, Alg. 2 and 3, eq. 10. **Differs**: α and β are slopes times the
    move that the box leaves, so a coordinate at its edge is not taken twice; both directions at once by default; the
    search over pairs is exact, see `best_pair`; one coordinate moves alone where a second would not help or not fit.

    >>> import sparring
    >>> sparring.show(JSMA(gamma=0.1, direction="up"))
    "jsma(gamma=0.1, direction='up')"
    """

    minimal = True
    norms = ("l0",)
    free_threat = "l0(inf)"
    cites = ("papernot2016jsma",)
    theta: float = 1.0
    gamma: float = 1.0
    steps: int = 200
    direction: Literal["both", "up", "down"] = "both"
    outputs: Literal["probabilities", "logits"] = "probabilities"

    def __post_init__(self) -> None:
        if not 0 < self.theta <= 1 or not 0 < self.gamma <= 1:
            raise InputError(f"expected theta and gamma in (0, 1], got {self.theta} and {self.gamma}")
        if self.steps < 1:
            raise InputError(f"expected steps >= 1, got {self.steps}")
        if self.direction not in ("both", "up", "down"):
            raise InputError(f"expected direction both, up or down, got {self.direction!r}")
        if self.outputs not in ("probabilities", "logits"):
            raise InputError(f"expected outputs probabilities or logits, got {self.outputs!r}")

    def passes(self, classes: int) -> int:
        return self.steps * (3 if self.outputs == "logits" else 2) + 1 + LOOKS

    def run(self, search: Search) -> None:
        z = search.x
        reached, stuck = torch.zeros_like(search.active), torch.zeros_like(search.active)
        for _ in range(self.steps):
            going = search.active & ~reached & ~stuck
            if not bool(going.any()):
                break
            with search.among(going):
                arrived, wanted, unwanted = self._slopes(search, z)
                reached |= going & arrived
                moved = torch.where(_column(going & ~reached, z), self._move(search, z, wanted, unwanted), z)
                stuck |= going & (moved == z).flatten(1).all(1)
                z = moved
        with search.among(~reached & ~stuck):  # the last step is looked at too (T19)
            reached |= search.reached(search.logits(z)) & search.active
        finish(search, z, reached)

    def _slopes(self, search: Search, z: Images) -> tuple[Mask, Tensor, Tensor]:
        """Return who has arrived, the gradient of the outputs that should rise, and minus that of those to fall."""
        if self.outputs == "probabilities":
            logits, _, gradient = search.look(z, margin if search.targets is None else ce)
            return search.reached(logits), gradient.flatten(1), gradient.flatten(1)
        goal, sign = (search.labels, -1.0) if search.targets is None else (search.targets, 1.0)
        one = F.one_hot(goal, search.classes).to(z.dtype)
        logits, gradients = search.jacobian(z, sign * torch.stack((one, one - 1), 1))
        return search.reached(logits), gradients[:, 0].flatten(1), gradients[:, 1].flatten(1)

    def _move(self, search: Search, z: Images, wanted: Tensor, unwanted: Tensor) -> Images:
        """Return z with its best pair of coordinates moved, as many of the two as may still change."""
        x, threat = search.x, search.threat
        low, high = threat.limits(x)
        sign = {"up": torch.ones_like(wanted), "down": -torch.ones_like(wanted)}.get(
            self.direction, (wanted + unwanted).sign()
        )
        stride = torch.minimum(self.theta * (high - low), threat.room(z, sign.view_as(z))).flatten(1) * sign
        used = (z != x).flatten(1)
        left = int(min(self.gamma * used.shape[1], threat.radius)) - used.sum(1)
        stride = torch.where(used | (left > 0)[:, None], stride, 0)
        first, second, useful = best_pair(stride * wanted, stride * unwanted)
        rows = torch.arange(len(z), device=z.device)
        both = useful & (used[rows, second] | used[rows, first] | (left > 1))
        chosen = torch.zeros_like(used)
        chosen[rows, first] = useful
        chosen[rows, second] |= both
        return threat.clip(x, z + (stride * chosen).view_as(z))


def best_pair(rise: Tensor, fall: Tensor) -> tuple[Tensor, Tensor, Mask]:
    """Return the pair p, q (n,) that maximizes (u_p + u_q)(v_p + v_q), both sums > 0, and whether there is one (n,).

    u = `rise`, v = `fall`, both (n, d). Exact without looking at all d² pairs: swapping q for a coordinate that is at
    least as good in u and v never hurts, so both lie among those that at most one other (the partner) dominates: a
    handful, found by one sort. Where q would bring nothing it is p itself.
    """
    u, order = torch.cat((rise, torch.zeros_like(rise[:, :1])), 1).double().sort(dim=1, descending=True)
    v = torch.cat((fall, torch.zeros_like(fall[:, :1])), 1).double().gather(1, order)
    top = v.cummax(1).values
    second = torch.minimum(v[:, 1:], top[:, :-1]).cummax(1).values  # second largest of v[: i + 2]
    front = torch.ones_like(v, dtype=torch.bool)
    front[:, 2:] = v[:, 2:] > second[:, :-1]
    # The added coordinate that moves nothing stands for "p alone": it always takes part.
    front |= order == rise.shape[1]
    width = int(front.sum(1).max())
    kept = (~front).to(torch.uint8).sort(dim=1, stable=True).indices[:, :width]
    u, v, order = u.gather(1, kept), v.gather(1, kept), order.gather(1, kept)
    both_u, both_v = u[:, :, None] + u[:, None], v[:, :, None] + v[:, None]
    fits = (both_u > 0) & (both_v > 0)
    fits &= torch.ones(width, width, dtype=torch.bool, device=u.device).triu(1)
    score, where = torch.where(fits, both_u * both_v, -torch.inf).flatten(1).max(1)
    ends = torch.stack((where // width, where % width), 1)
    better = (u + v).gather(1, ends).argsort(dim=1, descending=True)
    pair = order.gather(1, ends.gather(1, better))
    pair = torch.where(pair == rise.shape[1], pair.flip(1), pair).clamp_max(rise.shape[1] - 1)
    return pair[:, 0], pair[:, 1], score > -torch.inf
