"""Both sides of the race run the same training, and the table says what was timed."""

from __future__ import annotations

import pytest

from sparring.bench._training import training_speed, training_table
from sparring.data import load_data
from sparring.errors import InputError


@pytest.mark.slow
def test_both_sides_learn_from_the_same_batches_and_the_ratio_is_of_one_race() -> None:
    train, held = load_data("digits:train"), load_data("digits:test")
    (row,) = training_speed(
        train, held, ["adversarial(steps=2)"], net="resnet(width=4)", steps=2, rounds=4, trained=60, batch_size=64
    )
    assert row.seconds_plain > 0
    assert row.seconds > 0
    assert row.ratio > 0
    for clean, robust in (row.reached_plain, row.reached):
        assert clean > 0.6  # sixty batches teach either side, far above one in ten
        assert robust <= clean
    page = training_table([row], data="digits", net="resnet(width=4)", threat="linf(0.1)", command="this line")
    assert f"**{row.ratio:.2f}**" in page
    assert "PGD with 2 steps" in page


def test_the_bare_loop_is_in_linf_and_says_so() -> None:
    data = load_data("digits:test")
    with pytest.raises(InputError, match=r"linf\(0.1\)"):
        training_speed(data, data, ["standard"], threat="l2(1)", rounds=1)
