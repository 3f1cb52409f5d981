"""Guards: model → model at test time. Detectors that refuse, smoothing, ensembles, input transforms."""

from sparring.guards._guard import Guarded, guard
from sparring.guards._rejecting import Rejecting
from sparring.guards.base import Guard

__all__ = ["Guard", "Guarded", "Rejecting", "guard"]
