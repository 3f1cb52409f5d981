"""Wasserstein GAN with a gradient penalty."""

from __future__ import annotations

from sparring.games.alternating import Alternating
from sparring.gan.config.gan import Gan
from sparring.gan.losses.wgan import Wgan
from sparring.gan.nets.residual import Residual
from sparring.gan.penalties.wgan_gp import WganGp


def wgan_gp() -> Gan:
    """Return the WGAN-GP: λ = 10, five steps of the critic to one, residual nets, Adam at 2e-4 and β = (0, 0.9).

    Source: Gulrajani et al. 2017, arXiv 1704.00028, algorithm 1 and appendix F. **Differs**: smaller nets; a constant
    learning rate, which the paper lets fall; samples come from an average of the weights.
    """
    return Gan(
        nets=Residual(), loss=Wgan(), penalties=(WganGp(),), rule=Alternating(k=5), lr=2e-4, betas=(0.0, 0.9),
        batch_size=64,
    )  # fmt: skip
