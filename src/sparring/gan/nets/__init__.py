"""Pairs of networks: a generator from codes to images in [0, 1], and a discriminator from images to scores."""

from sparring.gan.nets.base import Discriminator, Generator, Judgement, Nets

__all__ = ["Discriminator", "Generator", "Judgement", "Nets"]
