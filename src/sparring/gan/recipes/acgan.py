"""A GAN that is told classes, and whose discriminator names them."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dcgan import Dcgan


def acgan() -> Gan:
    """Return the AC-GAN: a DCGAN with a class beside the code and a second head; needs data with labels.

    Source: Odena, Olah and Shlens 2017, arXiv 1610.09585, eq. 2 and 3. **Differs**: the classes of generated images are
    those of the real images of the batch; a plain DCGAN discriminator, without the paper's dropout and noise.
    """
    return Gan(
        nets=Dcgan(), loss=NonSaturating(), penalties=(), lr=2e-4, betas=(0.5, 0.999), conditional=True, batch_size=64,
    )  # fmt: skip
