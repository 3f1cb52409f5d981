"""What the two players of a GAN want of scores: one loss a file, pure, one value a pair of images."""

from sparring.gan.losses.base import GanLoss

__all__ = ["GanLoss"]
