"""What an attack climbs: functions of logits, one value a sample, larger = closer to the attacker's goal.

Each takes logits (n, k), labels (n,) and targets (n,) or None, and returns (n,). Untargeted forms leave the label,
targeted ones reach the target. All are summed over a batch, never averaged (T6).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor
from torch.nn import functional as F

from sparring.errors import InputError, did_you_mean
from sparring.types import Labels, Logits, Scores

Objective: TypeAlias = Callable[[Logits, Labels, Labels | None], Scores]


def _pick(logits: Logits, index: Labels) -> Scores:
    return logits.gather(1, index[:, None])[:, 0]


def best_other(logits: Logits, index: Labels) -> Scores:
    """Return max_{j ≠ index} z_j; the excluded entry is −∞, so any range of logits is served (T5)."""
    return logits.scatter(1, index[:, None], -math.inf).amax(1)


def folded(logits: Logits, labels: Labels) -> Logits:
    """Return logits (n, k) of a model that answers k + 1, the last for a refusal: that one goes to the label.

    z'_y = max(z_y, z_K) and z'_j = z_j. So any other class is the answer exactly when it is chosen and not refused, and
    whoever fools z' fools classifier and detector at once (T42), with the smaller of the two margins. Source: the joint
    classifier of Carlini and Wagner 2017, arXiv 1705.07263. **Differs**: there a refusal stays a logit of its own,
    which only attacks with a target avoid; here it is the label's, so that it serves those that leave the label too.
    """
    at = labels[:, None]
    return logits[:, :-1].scatter(1, at, logits.gather(1, at).maximum(logits[:, -1:]))


def ce(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
    """Cross-entropy of the label, or minus that of the target."""
    if targets is None:
        return F.cross_entropy(logits, labels, reduction="none")
    return -F.cross_entropy(logits, targets, reduction="none")


def margin(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
    """max_{j≠y} z_j − z_y, or z_t − max_{j≠t} z_j: positive exactly when the attack has succeeded.

    Its gradient never saturates (T4). Source: Carlini and Wagner 2017, arXiv 1608.04644, f_6.
    """
    if targets is None:
        return best_other(logits, labels) - _pick(logits, labels)
    return _pick(logits, targets) - best_other(logits, targets)


def dlr(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
    """Difference of logits ratio: the margin over a spread of the sorted logits, blind to shift and scale.

    Untargeted (max_{j≠y} z_j − z_y) / (z_(1) − z_(3)); targeted (z_t − z_y) / (z_(1) − (z_(3) + z_(4))/2).
    Source: Croce and Hein 2020, arXiv 2003.01690, eq. 6 and 7. **Differs**: with fewer than 3 classes (4 when
    targeted) the missing logits do not exist, and the difference is divided by the largest |z|, held constant (T1).
    To drop z_(4) alone would not do for K = 3: from the highest to the lowest logit the ratio is −1 and has no slope.
    """
    ordered = logits.sort(dim=1, descending=True).values
    classes = logits.shape[1]
    if targets is None:
        top = best_other(logits, labels) - _pick(logits, labels)
    else:
        top = _pick(logits, targets) - _pick(logits, labels)
    if classes < (3 if targets is None else 4):
        spread = logits.detach().abs().amax(1)
    elif targets is None:
        spread = ordered[:, 0] - ordered[:, 2]
    else:
        spread = ordered[:, 0] - (ordered[:, 2] + ordered[:, 3]) / 2
    return top / (spread + 1e-12)


def _distance_to_target(logits: Logits, targets: Labels | None) -> Tensor:
    if targets is None:
        raise InputError("expected a target class for this objective, got none: give targets (--target)")
    return logits.softmax(1) - F.one_hot(targets, logits.shape[1]).to(logits.dtype)


def prob_l2(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
    """−½ ‖softmax(z) − e_t‖²: the forging loss on probabilities."""
    return -0.5 * _distance_to_target(logits, targets).square().sum(1)


def prob_l1(logits: Logits, labels: Labels, targets: Labels | None) -> Scores:
    """−‖softmax(z) − e_t‖₁."""
    return -_distance_to_target(logits, targets).abs().sum(1)


OBJECTIVES: dict[str, Objective] = {
    "ce": ce,
    "margin": margin,
    "dlr": dlr,
    "prob_l2": prob_l2,
    "prob_l1": prob_l1,
}


def objective(name: str) -> Objective:
    """Return an objective by name."""
    if name not in OBJECTIVES:
        raise InputError(f"expected a loss, got {name!r}{did_you_mean(name, OBJECTIVES)}")
    return OBJECTIVES[name]
