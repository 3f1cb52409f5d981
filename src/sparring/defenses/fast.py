"""Fast adversarial training: one step from a random start does nearly what many do, if it does not collapse."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from torch.nn import functional as F

from sparring.defenses._round import Round, step_length
from sparring.defenses.adversarial import against
from sparring.defenses.base import Defense, check_steps
from sparring.errors import InputError
from sparring.types import Scores

FAR = 1e3
"""An edge of the box that no image comes near."""


@dataclass(frozen=True)
class Fast(Defense):
    """Train on L(x', y), x' one step of length α from noise around the image, noise and step not cut back to the ball.

    x' = clip(x + η + α · steepest(∇ₓ L(x + η, y))), η uniform in the ball of `noise` · ε, clipped to the box alone.

    Fields:
        noise: radius of the noise in ε, ≥ 0.
        step_size: α in the unit of the norm, None for ε.
        project: cut x' back to the threat, as the first paper does (with α = 1.25 ε and noise 1).

    Cost: 1 forward and 1 backward on the mirror, then 1 forward and 1 backward.

    Source: Wong, Rice and Kolter 2020, arXiv 2001.03994 (`fast(noise=1, project=True)`); de Jorge et al. 2022, arXiv
    2202.01181, N-FGSM. **Differs**: any norm; the default is N-FGSM, which does not collapse where the first does.

    >>> from sparring.registry import parse
    >>> parse("fast(noise=1, project=True)").noise
    1.0
    """

    cites = ("wong2020", "dejorge2022")
    claimed = "Wong et al. 2020: 46 % under PGD-50 on CIFAR-10 at 8/255, for the price of two plain passes"
    broken = "it may collapse from one epoch to the next: 0 % under PGD while one step still looks fine"

    noise: float = 2.0
    step_size: float | None = None
    project: bool = False

    def __post_init__(self) -> None:
        check_steps(self, 1, self.step_size)
        if not self.noise >= 0:
            raise InputError(f"expected noise of fast >= 0, got {self.noise}")

    @property
    def passes(self) -> float:
        """One look ahead, one to learn from."""
        return 4.0

    def loss(self, play: Round) -> Scores:
        """Return L(x', y)."""
        x, threat = play.x, play.threat
        size = self.step_size or (step_length(threat, 1, None) if self.project else threat.radius)
        ball = dataclasses.replace(threat, bounds=(-FAR, FAR))  # the noise is uniform in the ball, not in ball ∩ box
        noisy = threat.clip(x, x + self.noise * (ball.sample(x, play.streams) - x)) if self.noise else x
        slope = play.slope(noisy, against(play.y))
        ahead = threat.step(x, noisy, slope, size) if self.project else play.wide(noisy, slope, size)
        return F.cross_entropy(play.net(ahead), play.y, reduction="none")
