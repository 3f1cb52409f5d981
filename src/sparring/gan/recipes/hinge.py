"""Hinge loss under spectral norm."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.losses.hinge import Hinge
from sparring.gan.nets.residual import Residual
from sparring.gan.tricks.spectral_norm import SpectralNorm


def hinge() -> Gan:
    """Return the SN-GAN: hinge loss, spectral norm, two learning rates, Adam at β = (0, 0.9).

    Source: Miyato et al. 2018, arXiv 1802.05957; the two learning rates, 1e-4 and 4e-4 at one step each: Zhang et al.
    2019, arXiv 1805.08318, section 4. **Differs**: small residual nets; samples come from an average of the weights.
    """
    return Gan(
        nets=Residual(), loss=Hinge(), penalties=(), tricks=(SpectralNorm(),), lr=1e-4, lr_discriminator=4e-4,
        betas=(0.0, 0.9), batch_size=64,
    )  # fmt: skip
