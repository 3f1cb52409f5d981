"""Generators that are no GANs: densities fitted by likelihood, and the memorizer, to stand in the same table."""

from sparring.modes.estimators.base import Estimator, Sampler

__all__ = ["Estimator", "Sampler"]
