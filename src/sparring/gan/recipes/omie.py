"""A generator that is paid for what its images say of their codes."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.inference.omie import Omie
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dcgan import Dcgan


def omie() -> Gan:
    """Return a DCGAN with an online estimate of the information between code and image, which the generator raises.

    Source: Belghazi et al. 2018, arXiv 1801.04062, section 5.1. **Differs**: nets, optimizer and loss of DCGAN; samples
    come from an average of the weights.
    """
    return Gan(
        nets=Dcgan(), loss=NonSaturating(), penalties=(), lr=2e-4, betas=(0.5, 0.999), inference=Omie(), batch_size=64,
    )  # fmt: skip
