"""A slope of 1 between real and generated images: what makes a critic's difference a distance."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sparring.gan._moment import Moment
from sparring.gan.penalties.base import Penalty, beside, check_fields
from sparring.types import Images, Scores


@dataclass(frozen=True)
class WganGp(Penalty):
    """Pull the length of the slope to 1 on lines from real to generated images: λ (‖∇ D(x̂)‖ − 1)².

    x̂ = u x + (1 − u) x', u uniform in [0, 1], one a pair.

    Fields:
        weight: λ > 0.
        one_sided: whether slopes below 1 go free: λ max(0, ‖∇ D(x̂)‖ − 1)².
        every: ≥ 1; the penalty is asked for in every so many turns, times `every` (G16).

    Shapes: slopes (n, *chw) → (n,), each image by itself (G13).

    Cost: one forward, and one backward that is itself differentiated.

    Source: Gulrajani et al. 2017, arXiv 1704.00028, eq. 3 and algorithm 1. **Differs**: images are in [0, 1] and not in
    [−1, 1], so a slope of 1 bounds a score that moves twice as fast in the paper's view.

    >>> import torch
    >>> WganGp().of(torch.tensor([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [160.0, 10.0]
    """

    cites = ("gulrajani2017",)
    weight: float = 10.0
    one_sided: bool = False
    every: int = 1

    def __post_init__(self) -> None:
        check_fields(self, self.every, weight=self.weight)

    def of(self, slope: Images) -> Scores:
        """Return λ (‖∇‖ − 1)²."""
        # The length of a zero slope has the derivative 0 here, not NaN.
        excess: Scores = torch.linalg.vector_norm(slope.flatten(1), dim=1) - 1
        return self.weight * (excess.clamp_min(0) if self.one_sided else excess) ** 2

    def points(self, real: Images, fake: Images, moment: Moment) -> Images:
        """Return x̂."""
        return torch.lerp(fake, real, beside(moment.streams("wgan_gp").uniform((), real.dtype), real))
