"""What helps a GAN to train besides its loss: small parts that compose, one a file."""

from sparring.gan.tricks.base import Trick

__all__ = ["Trick"]
