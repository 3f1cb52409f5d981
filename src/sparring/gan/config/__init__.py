"""Everything that makes a GAN besides its data, as one value with a text."""

from sparring.gan.config.gan import Gan

__all__ = ["Gan"]
