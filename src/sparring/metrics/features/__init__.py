"""Feature networks: what looks at the images before a metric judges them."""

from sparring.metrics.features._look import levels_of, see
from sparring.metrics.features._resize import resized
from sparring.metrics.features.base import Extractor, FeatureNetwork
from sparring.metrics.features.classifier import features_unit

__all__ = ["Extractor", "FeatureNetwork", "features_unit", "levels_of", "resized", "see"]
