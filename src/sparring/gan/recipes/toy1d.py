"""A GAN of one number, small enough to be drawn move by move."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dense import Dense
from sparring.gan.penalties.r1 import R1


def toy1d() -> Gan:
    """Return the game of one number: code and sample are one number each, and D learns eight times as fast as G.

    It settles: a quick discriminator is near p / (p + q) at every moment, R1 damps the circling, and learning rates
    fall in the second half. `sparring train toy1d` takes the data set of the same name, and draws every move.

    Source: Goodfellow et al. 2014, arXiv 1406.2661, figure 1; R1: Mescheder et al. 2018, arXiv 1801.04406, which shows
    in one dimension that the game circles without it. **Differs**: nets of 2 × 32 units; codes are normal.
    """
    return Gan(
        nets=Dense(latent=1, hidden=(32, 32)), loss=NonSaturating(), penalties=(R1(gamma=0.1),), lr=5e-4,
        lr_discriminator=4e-3, betas=(0.0, 0.99), cooldown=0.5, batch_size=128, average=0.0,
    )  # fmt: skip
