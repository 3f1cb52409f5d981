"""The watch: planted records raise the alarm that they are planted for, in time, and healthy ones none."""

from __future__ import annotations

import pytest

from sparring.train._watch import Limits, Watch

ROUNDS = range(50, 2001, 50)


def losses(round_: int, **fields: float) -> dict[str, object]:
    """A record of a healthy moment: the discriminator is right three times in four."""
    healthy = {
        "accuracy": 0.75 + 0.05 * (round_ % 3), "real": 1.0, "fake": -0.5,
        "generator_slope": 0.5 + 0.1 * (round_ % 4), "discriminator_slope": 0.4,
    }  # fmt: skip
    return {"event": "train", "round": round_, "images": 64 * round_} | healthy | fields


def looks(round_: int, **fields: float) -> dict[str, object]:
    healthy = {"spread": 0.9, "copies": 0.02, "apart": 0.1}
    return {"event": "evaluate", "round": round_, "images": 64 * round_} | healthy | fields


def heard(*records: dict[str, object]) -> list[tuple[str, int]]:
    watch = Watch()
    watch.replay(records)
    return [(alarm.kind, alarm.round) for alarm in watch.alarms]


def test_a_healthy_run_raises_none():
    assert heard(*(record for r in ROUNDS for record in (losses(r), looks(r)))) == []


@pytest.mark.parametrize("fields", [{"spread": 0.1}, {"copies": 0.8}, {"recall": 0.01}])
def test_samples_that_are_all_alike(fields):
    """Told at the second look after the grace: once may be chance, and in the beginning all samples are alike."""
    assert heard(*(looks(r, **fields) for r in ROUNDS)) == [("collapse", 600)]
    assert heard(*(looks(r, **(fields if r == 1000 else {})) for r in ROUNDS)) == []
    watch = Watch()
    watch.replay(looks(r, **fields) for r in ROUNDS)
    assert "as far apart as real images" in watch.alarms[0].evidence


def test_a_discriminator_that_is_always_right():
    assert heard(*(losses(r, accuracy=1.0) for r in ROUNDS)) == [("vanishing", 750)]
    assert heard(*(losses(r, accuracy=1.0 if r % 200 else 0.9) for r in ROUNDS)) == []


def test_a_generators_gradient_that_is_gone():
    watch = Watch()
    watch.replay(losses(r, **({"generator_slope": 1e-4, "accuracy": 0.95} if r > 1000 else {})) for r in ROUNDS)
    assert [(alarm.kind, alarm.round) for alarm in watch.alarms] == [("vanishing", 1250)]
    assert "the generator's gradient is 0.0001" in watch.alarms[0].evidence


def test_a_discriminator_that_cannot_tell():
    level = {"accuracy": 0.5, "real": 0.01, "fake": 0.0}
    assert heard(*(losses(r, **level) for r in ROUNDS)) == [("idle", 750)]
    assert heard(*(losses(r, accuracy=0.5) for r in ROUNDS)) == []  # right half the time, and yet it tells them apart


def test_a_gradient_that_explodes():
    """At once, and in the beginning too: there is no waiting it out."""
    assert heard(*(losses(r, discriminator_slope=0.4 if r != 400 else 4e3) for r in ROUNDS)) == [("divergence", 400)]


def test_an_average_that_is_elsewhere():
    assert heard(*(looks(r, apart=0.9) for r in ROUNDS)) == [("apart", 600)]


def test_an_alarm_is_told_when_it_begins_and_again_after_it_has_ended():
    records = [looks(r, spread=0.1 if r in (600, 650, 700, 1500, 1550) else 0.9) for r in ROUNDS]
    assert heard(*records) == [("collapse", 650), ("collapse", 1550)]


def test_hearing_goes_on_where_it_was_interrupted():
    """A resumed run replays its log and then hears on: the alarms are those of one that was never cut."""
    records = [losses(r, accuracy=1.0 if r > 900 else 0.8) for r in ROUNDS]
    whole, cut = Watch(), Watch()
    whole.replay(records)
    cut.replay(records[:20])
    assert [alarm for record in records[20:] for alarm in cut.hear(record)] == whole.alarms[len(cut.alarms) - 1 :]
    assert cut.alarms == whole.alarms


def test_limits_are_yours():
    watch = Watch(Limits(grace=0, pulses=1))
    assert [alarm.kind for alarm in watch.hear(losses(50, accuracy=1.0))] == ["vanishing"]
