"""Free adversarial training: one backward pass gives both the gradient of the weights and that of the image."""

from __future__ import annotations

from dataclasses import dataclass

from torch.nn import functional as F

from sparring.defenses._round import Round, step_length
from sparring.defenses.base import Defense
from sparring.errors import InputError
from sparring.types import Scores


@dataclass(frozen=True)
class Free(Defense):
    """Play every batch m times; each backward pass moves the weights and, by the same pass, the images.

    x' ← Π_S(x' + α · steepest(∇ₓ L(x', y))), with the gradient that the last round's step of the weights left behind.

    Fields:
        m: ≥ 1 rounds on each batch.
        step_size: α in the unit of the norm, None for ε.

    Cost: 1 forward and 1 backward of weights and images together a round; m rounds a batch. An epoch here is one of
    batches: m times the passes of plain training.

    Source: Shafahi et al. 2019, arXiv 1904.12843, algorithm 1. **Differs**: x' begins anew at the image for each
    batch, where the paper carries the perturbation on to the next one.

    >>> from sparring.registry import parse
    >>> parse("free(m=4)").replays
    4
    """

    cites = ("shafahi2019",)
    claimed = "Shafahi et al. 2019: 46 % under PGD-20 on CIFAR-10 at 8/255, at the cost of plain training"
    broken = "it holds, somewhat below training on PGD: its images are those of a few steps"

    m: int = 4
    step_size: float | None = None

    def __post_init__(self) -> None:
        if self.m < 1:
            raise InputError(f"expected m of free >= 1, got {self.m}")
        if self.step_size is not None and not self.step_size > 0:
            raise InputError(f"expected step_size of free > 0, got {self.step_size}")

    @property
    def replays(self) -> int:
        """M."""
        return self.m

    def loss(self, play: Round) -> Scores:
        """Return L(x', y), at the images that the last round's gradient led to."""
        x = play.x
        before = play.memory.pop("images", None)
        if play.batch.replay and before is not None and before.grad is not None:
            size = step_length(play.threat, 1, self.step_size or play.threat.radius)
            x = play.threat.step(play.x, before.detach(), before.grad, size)
        x = x.detach().requires_grad_(True)
        if play.batch.replay + 1 < self.m:
            play.memory["images"] = x
        return F.cross_entropy(play.net(x), play.y, reduction="none")
