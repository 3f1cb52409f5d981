"""Guards: model → model at test time. Detectors that refuse, smoothing, ensembles, input transforms."""

from sparring.guards.base import Guard

__all__ = ["Guard"]
