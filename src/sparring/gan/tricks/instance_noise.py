"""Noise on everything the discriminator sees, so that data and samples overlap from the start."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.errors import InputError
from sparring.gan._moment import Moment, Side
from sparring.gan.tricks.base import Trick, check_positive
from sparring.types import Images


@dataclass(frozen=True)
class InstanceNoise(Trick):
    """Add σ times normal noise to real and generated images alike, σ falling in a line to zero.

    Fields:
        sigma: σ > 0 at the start, for images in [0, 1].
        until: in (0, 1], the share of the training at which it has reached zero.

    Shapes: (n, *chw) → (n, *chw), not held in [0, 1].

    Cost: a normal number a pixel, for both sides.

    Source: Sønderby et al. 2017, arXiv 1610.04490, section 3.2; Arjovsky and Bottou 2017, arXiv 1701.04862, section 3.
    **Differs**: the line is ours; both leave the schedule open.

    >>> import torch
    >>> from sparring.games import Batch
    >>> moment = Moment(Batch(torch.zeros(4, 2), None, torch.arange(4), 0, share=1.0), "discriminator")
    >>> InstanceNoise().inputs(torch.zeros(4, 2), moment, "real").abs().max().item()
    0.0
    """

    cites = ("sonderby2017", "arjovsky2017principled")
    sigma: float = 0.1
    until: float = 1.0

    def __post_init__(self) -> None:
        check_positive(self, sigma=self.sigma)
        if not 0 < self.until <= 1:
            raise InputError(f"expected until of instance_noise in (0, 1], got {self.until}")

    def inputs(self, x: Images, moment: Moment, side: Side) -> Images:
        """Return x + σ ε."""
        sigma = self.sigma * max(0.0, 1 - moment.batch.share / self.until)
        if not sigma:
            return x
        return x + sigma * moment.streams(f"instance_noise/{side}").normal(tuple(x.shape[1:]), x.dtype)
