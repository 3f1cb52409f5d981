"""The study in small: its curve falls, knowledge helps, and its parts do not overlap."""

import numpy as np
import pytest

from sparring.classic._digits import BUDGETS, _score, build, digits_study, divide
from sparring.errors import InputError


@pytest.fixture(scope="module")
def study() -> dict:
    return digits_study(models=("linear",), samples=12, repeats=1, density=2.0)


def curve(study: dict, knowledge: str, density: float) -> np.ndarray:
    (found,) = (c for c in study["curves"] if (c["knowledge"], c["density"]) == (knowledge, density))
    return np.array(found["points"])


def test_detection_falls_from_nearly_all_to_nothing(study: dict) -> None:
    budgets, shares, spread = curve(study, "perfect", 0.0).T
    assert budgets.tolist() == list(BUDGETS)
    assert shares[0] > 0.8
    assert shares[-1] == 0
    assert (np.diff(shares) <= 0).all()
    assert (spread == 0).all()  # one repeat
    assert study["clean"]["linear"] > 0.9


def test_who_knows_the_model_needs_less(study: dict) -> None:
    assert curve(study, "perfect", 0.0)[:, 1].sum() < curve(study, "limited", 0.0)[:, 1].sum()
    assert len(study["curves"]) == 4


def test_parts_do_not_overlap_and_the_seed_decides() -> None:
    part = divide(0, 50)
    seen = {row.tobytes() for row in np.concatenate([part.train, part.surrogate, part.harmless, part.attacked])}
    assert len(seen) == 200 + 200 + 300 + 50
    assert (divide(0, 50).train == part.train).all()
    assert (divide(1, 50).train != part.train).any()
    assert part.train.min() == 0
    assert part.train.max() == 1


@pytest.mark.parametrize("name", ["linear", "rbf", "poly", "mlp"])
def test_every_model_tells_the_digits_apart_and_its_score_is_its_own(name: str) -> None:
    part = divide(0, 50)
    model = build(name, 0).fit(part.train, part.labels)
    assert (model.predict(part.harmless) == 0).mean() > 0.95
    assert (model.predict(part.attacked) == 1).mean() > 0.9
    assert ((_score(model, part.attacked) > 0) == (model.predict(part.attacked) == 1)).all()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="expected a model, got 'rbv'; did you mean 'rbf'"):
        digits_study(models=("rbv",))
    with pytest.raises(InputError, match="1 to 300 samples"):
        digits_study(samples=301)
