"""What a discriminator has learned without labels: a linear classifier on its features."""

from sparring.probe._features import pooled
from sparring.probe._probe import Probed, Row, probe

__all__ = ["Probed", "Row", "pooled", "probe"]
