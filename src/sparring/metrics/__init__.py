"""Judge samples: features of a network → figures with intervals, each named by what it was made with."""

from sparring.metrics._figure import Figure, Fingerprint, difference
from sparring.metrics._frechet import frechet_distance, frechet_influence
from sparring.metrics._halves import Halves, halves
from sparring.metrics._hash import perceptual_hash
from sparring.metrics._moments import Moments
from sparring.metrics.base import Metric, Seen
from sparring.metrics.kid import kernel_distance

__all__ = [
    "Figure",
    "Fingerprint",
    "Halves",
    "Metric",
    "Moments",
    "Seen",
    "difference",
    "frechet_distance",
    "frechet_influence",
    "halves",
    "kernel_distance",
    "perceptual_hash",
]
