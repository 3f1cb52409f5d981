"""A GAN of one number, small enough to be drawn move by move."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.waves import Waves
from sparring.gan.penalties.r1 import R1


def toy1d() -> Gan:
    """Return the game of one number: code and sample are one number each, and D learns fifteen times as fast as G.

    A quick discriminator that sees detail from the start is soon near p / (p + q), and the generator follows it: in the
    beginning from side to side. R1 damps the circling, and learning rates fall in the second half. `sparring train
    toy1d` takes the data set of the same name, and draws every move.

    Source: Goodfellow et al. 2014, arXiv 1406.2661, figure 1; R1: Mescheder et al. 2018, arXiv 1801.04406, which shows
    in one dimension that the game circles without it. **Differs**: a perceptron of 2 × 32 units for codes, which are
    normal, and one on 16 sines of the sample for the discriminator; γ is small, since slopes of a density are steep.
    """
    return Gan(
        nets=Waves(latent=1, hidden=(32, 32), sines=16, finest=8), loss=NonSaturating(), penalties=(R1(gamma=1e-3),),
        lr=2e-4, lr_discriminator=3e-3, betas=(0.0, 0.99), cooldown=0.5, batch_size=128, average=0.0,
    )  # fmt: skip
