"""Boundary equilibrium GAN."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.losses.began import Began
from sparring.gan.nets.autoencoder import Autoencoder


def began() -> Gan:
    """Return the BEGAN: an autoencoder against its decoder, γ = 0.5, Adam at 1e-4, a batch of 16.

    Source: Berthelot, Schumm and Metz 2017, arXiv 1703.10717, section 4. **Differs**: a constant learning rate, which
    the paper halves when it stalls; β₁ = 0.5, where the paper names none; samples come from an average of the weights.
    """
    return Gan(nets=Autoencoder(), loss=Began(), penalties=(), lr=1e-4, betas=(0.5, 0.999), batch_size=16)
