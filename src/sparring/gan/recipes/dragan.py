"""The usual loss with a slope of 1 around the data."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dcgan import Dcgan
from sparring.gan.penalties.dragan import Dragan


def dragan() -> Gan:
    """Return the DRAGAN: non-saturating loss, λ = 10 near the data, DCGAN's nets, Adam at 2e-4 and β₁ = 0.5.

    Source: Kodali et al. 2017, arXiv 1705.07215, algorithm 1. **Differs**: no batch norm in the discriminator, where a
    slope of one image has no meaning (G14); samples come from an average of the weights.
    """
    return Gan(
        nets=Dcgan(norm=False), loss=NonSaturating(), penalties=(Dragan(),), lr=2e-4, betas=(0.5, 0.999), batch_size=64,
    )  # fmt: skip
