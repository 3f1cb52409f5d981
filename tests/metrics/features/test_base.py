"""What every feature network is: a value with a text, that says what it looks with."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics.features import Extractor, FeatureNetwork, features_unit
from sparring.metrics.features.classifier import Classifier
from sparring.registry import parse, show, units


@pytest.mark.parametrize("name", sorted(units("features")))
def test_text_and_back(name: str) -> None:
    unit = parse(name, "features")
    assert isinstance(unit, FeatureNetwork)
    assert parse(show(unit), "features") == unit
    assert features_unit(name) == unit


def test_any_classifier_is_a_feature_network() -> None:
    assert features_unit("efficientnet-lite0") == Classifier(model="efficientnet-lite0")
    assert features_unit("runs/0001-train") == Classifier(model="runs/0001-train")
    assert features_unit("mine.py:net") == Classifier(model="mine.py:net")
    assert features_unit(Classifier(size=96)) == Classifier(size=96)


def test_a_typing_error_is_told_at_once() -> None:
    with pytest.raises(InputError, match="did you mean 'classifier'"):
        features_unit("clasifier")
    with pytest.raises(InputError, match="did you mean 'efficientnet-lite0'"):
        features_unit("efficientnet-lite")


def test_an_extractor_is_on_the_cpu_unless_it_says_so() -> None:
    one = Extractor("a", lambda x: (torch.zeros(len(x), 1), None), "")
    assert (one.device, one.resize) == ("cpu", "none")
