"""Least squares on DCGAN's nets."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.losses.lsgan import Lsgan
from sparring.gan.nets.dcgan import Dcgan


def lsgan() -> Gan:
    """Return the LSGAN: least squares with targets 1, 0 and 1, Adam at β₁ = 0.5.

    Source: Mao et al. 2017, arXiv 1611.04076, section 4. **Differs**: DCGAN's nets and its learning rate of 2e-4;
    the paper has deeper ones, and 1e-3 for its LSUN scenes. Samples come from an average of the weights.
    """
    return Gan(nets=Dcgan(), loss=Lsgan(), penalties=(), lr=2e-4, betas=(0.5, 0.999), batch_size=64)
