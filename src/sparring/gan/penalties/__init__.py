"""What keeps a discriminator's slope in bounds: one penalty a file, one value an image."""

from sparring.gan.penalties.base import Penalty, mixes_samples

__all__ = ["Penalty", "mixes_samples"]
