"""Deep convolutional GAN."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dcgan import Dcgan


def dcgan() -> Gan:
    """Return the DCGAN: its nets, the non-saturating loss, Adam at 2e-4 and β₁ = 0.5.

    Source: Radford, Metz and Chintala 2016, arXiv 1511.06434, section 4. **Differs**: a batch of 64 and not 128; each
    player's turn has codes of its own; samples come from an average of the weights.
    """
    return Gan(
        nets=Dcgan(), loss=NonSaturating(), penalties=(), lr=2e-4, betas=(0.5, 0.999), batch_size=64,
    )  # fmt: skip
