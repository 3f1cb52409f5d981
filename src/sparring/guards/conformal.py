"""Sets of classes that hold the right one as often as asked, and a refusal where that is not one class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards._rejecting import BATCH, Rejecting, inside
from sparring.guards.base import Guard
from sparring.types import Images, Logits, Mask, Scores


@dataclass(frozen=True)
class Conformal(Guard):
    """Refuse an image unless exactly one class is plausible, at a chosen coverage.

    C(x) = {c : 1 − p_c(x) ≤ q̂}, q̂ the ⌈(n + 1)(1 − α)⌉-th smallest 1 − p_y(x) of n calibration images. Then
    P(y ∈ C(x)) ≥ 1 − α for another image from the same source, whatever the net is. Refused where C(x) is empty or has
    several classes.

    Fields:
        alpha: α, how often the set may miss the right class, in (0, 1).

    Shapes: (n, *chw) → (n, k + 1), the last for a refusal; `sets` of the guarded model gives C(x), (n, k).
    Raises: InputError for fewer than 1/α − 1 calibration images, which cannot tell.
    Cost: 1 pass; `fit` takes one for each calibration image.
    Source: Vovk, Gammerman and Shafer 2005 (split conformal prediction); Sadinle, Lei and Wasserman 2019, arXiv
    1609.00451 (this score, which has the smallest sets).
    **Differs**: p is compared in its log odds, which order alike and do not saturate (T4). The set becomes an answer
    or a refusal. The promise is about the set and about images from the same source: not about those that were
    answered, and not about attacked ones.

    >>> data = Dataset(torch.rand(60, 8), torch.arange(60) % 3)
    >>> guarded = Conformal(alpha=0.2).fit(nn.Linear(8, 3), data, data)
    >>> sets, refused = guarded.sets(data.images()), guarded(data.images()).argmax(1) == 3
    >>> torch.equal(sets.sum(1) != 1, refused)
    True
    """

    cites = ("vovk2005", "sadinle2019")
    rejects = True
    claimed = "Vovk et al. 2005: the right class is in the set with probability 1 − α, for any net and any distribution"
    fallacy = "an attacked image does not come from the source of the calibration images: the promise ends there"

    alpha: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise InputError(f"expected alpha of conformal in (0, 1), got {self.alpha}")

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Return the net with its sets; the calibration images and their labels fix q̂, `train` is not looked at."""
        return SetPredictor(inside(net)).learn(calibration, self.alpha)

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the guarded net with the q̂ and the weights of the state."""
        guarded = SetPredictor(inside(net))
        guarded.load_state_dict(dict(state))
        return guarded


class SetPredictor(Rejecting):
    """A net whose answers are sets of classes; the score is above 0 exactly where that is not one class."""

    quantile: Tensor

    def __init__(self, net: nn.Module) -> None:
        super().__init__(net)
        self.register_buffer("quantile", torch.ones(()))
        self.eval()

    def judge(self, x: Images) -> tuple[Logits, Scores]:
        """Return logits (n, k), and by how much the set is not one class (n,), in log odds."""
        logits: Logits = self.net(x)
        first, second = log_odds(logits).topk(2, dim=1).values.unbind(1)
        least = -self.quantile.to(logits.dtype)
        # Empty where the first is below the least odds of a member, several where the second is not.
        return logits, torch.maximum(least - first, second - least)

    def sets(self, x: Images) -> Mask:
        """Return which classes are in the set, (n, k)."""
        with torch.no_grad():
            odds = log_odds(self.net(x))
        return odds >= -self.quantile.to(odds.dtype)

    def learn(self, calibration: Dataset, alpha: float) -> Self:
        """Fix q̂ on clean images with labels that the net has not seen, and return the model."""
        n = len(calibration)
        with torch.no_grad():
            parts = [calibration.take(range(at, min(n, at + BATCH))) for at in range(0, n, BATCH)]
            right = torch.cat([log_odds(self.net(x)).gather(1, y[:, None])[:, 0] for x, y in parts])
            least = conformal_quantile(-right, alpha)
            # A hair more, which only adds to sets: no calibration image lies on their border, where rounding decides.
            self.quantile.copy_(least + 1e-4 * least.abs().clamp_min(1))
            logits, scores = (torch.cat(column) for column in zip(*[self.judge(x) for x, _ in parts], strict=True))
        first = logits.topk(2, dim=1).values
        gap, room = (first[:, 0] - first[:, 1]).median(), scores.abs().median()
        self.scale.copy_(gap / room if room > 0 and gap > 0 else torch.ones(()))
        return self


def log_odds(logits: Logits) -> Tensor:
    """Return log p_c / (1 − p_c), (n, k): it orders classes as p_c does, and keeps its slope where p_c is nearly 1.

    >>> [round(v, 3) for v in log_odds(torch.tensor([[0.75, 0.25]]).log())[0].tolist()]
    [1.099, -1.099]
    """
    top = logits.argmax(1, keepdim=True)
    others = logits.scatter(1, top, -math.inf).logsumexp(1, keepdim=True)
    log_p = logits.log_softmax(1)
    # All but the first have p ≤ ½, and no 1 − p that rounds to 0.
    rest = log_p - torch.log1p(-log_p.exp().clamp_max(0.5))
    return rest.scatter(1, top, logits.gather(1, top) - others)


def conformal_quantile(scores: Tensor, alpha: float) -> Tensor:
    """Return the ⌈(n + 1)(1 − α)⌉-th smallest of n scores: another one is at most so large with chance ≥ 1 − α.

    The n + 1 scores are as likely in any order; more than the largest of n would be needed where n < 1/α − 1.

    Raises: InputError for so few scores.

    >>> conformal_quantile(torch.arange(1.0, 20.0), 0.1).item()
    18.0
    """
    place = math.ceil((len(scores) + 1) * (1 - alpha) - 1e-9)
    if place > len(scores):
        raise InputError(
            f"expected at least {math.ceil(1 / alpha - 1)} calibration images for alpha = {alpha:g}, got {len(scores)}"
        )
    return scores.sort().values[place - 1]
