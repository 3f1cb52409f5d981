"""A GAN whose discriminator sees two images at once."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dcgan import Dcgan
from sparring.gan.tricks.packing import Packing


def pacgan() -> Gan:
    """Return PacDCGAN2: the recipe `dcgan` with packs of two, as many of them as `dcgan` has images in a batch.

    Source: Lin, Khetan, Fanti and Oh 2018, arXiv 1712.04086, section 4.2; a batch of 64 packs, as in the authors' code.
    **Differs**: the generator moves once a round and not twice; codes are normal, not uniform; samples come from an
    average of the weights.
    """
    return Gan(
        nets=Dcgan(), loss=NonSaturating(), penalties=(), tricks=(Packing(m=2),), lr=2e-4, betas=(0.5, 0.999),
        batch_size=128,
    )  # fmt: skip
