"""The watch: planted records raise the alarm that they are planted for, in time, and healthy ones none."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparring.train._watch import Limits, Watch

ROUNDS = range(50, 2001, 50)


def losses(round_: int, **fields: float) -> dict[str, object]:
    """A record of a healthy moment: the discriminator is right three times in four."""
    healthy = {
        "accuracy": 0.75 + 0.05 * (round_ % 3), "real": 1.0, "fake": -0.5,
        "generator_slope": 0.5 + 0.1 * (round_ % 4), "discriminator_slope": 0.4,
        "generator_pace": 0.002, "discriminator_pace": 0.003,
    }  # fmt: skip
    return {"event": "train", "round": round_, "images": 64 * round_} | healthy | fields


def looks(round_: int, **fields: float) -> dict[str, object]:
    healthy = {"spread": 0.9, "copies": 0.02, "apart": 0.1, "recall": 0.4}
    return {"event": "evaluate", "round": round_, "images": 64 * round_} | healthy | fields


def watched(*records: dict[str, object], limits: Limits | None = None) -> Watch:
    watch = Watch(limits)
    watch.replay(records)
    return watch


def heard(*records: dict[str, object]) -> list[tuple[str, int]]:
    return [(alarm.kind, alarm.round) for alarm in watched(*records).alarms]


def test_a_healthy_run_raises_none():
    assert heard(*(record for r in ROUNDS for record in (losses(r), looks(r)))) == []


def test_a_record_that_says_little_raises_none():
    assert heard(*({"event": event, "round": r, "images": r} for r in ROUNDS for event in ("train", "evaluate"))) == []


@pytest.mark.parametrize("fields", [{"spread": 0.1}, {"spread": 0.29}, {"copies": 0.8}])
def test_samples_that_are_all_alike(fields):
    """Told at the second look after the grace: once may be chance, and in the beginning all samples are alike."""
    assert heard(*(looks(r, **fields) for r in ROUNDS)) == [("collapse", 600)]
    assert heard(*(looks(r, **(fields if r == 1000 else {})) for r in ROUNDS)) == []
    assert "as far apart as real images" in watched(*(looks(r, **fields) for r in ROUNDS)).alarms[0].evidence


def test_a_third_of_the_real_spread_is_none():
    assert heard(*(looks(r, spread=0.31) for r in ROUNDS)) == []


def test_recall_that_falls_is_a_collapse_and_recall_that_was_never_there_is_a_beginning():
    """Healthy generators have a recall of 0.01 after 600 rounds: they are judged by what they have had."""
    assert heard(*(looks(r, recall=0.6 if r < 1000 else 0.1) for r in ROUNDS)) == [("collapse", 1050)]
    assert heard(*(looks(r, recall=0.6 if r < 1000 else 0.2) for r in ROUNDS)) == []
    assert heard(*(looks(r, recall=0.0) for r in ROUNDS)) == []
    assert heard(*(looks(r, recall=0.2 if r < 1000 else 0.0) for r in ROUNDS)) == []
    evidence = watched(*(looks(r, recall=0.6 if r < 1000 else 0.1) for r in ROUNDS)).alarms[0].evidence
    assert "10.0% of real images are near one, 60.0% at best, 2 times in a row" in evidence


def test_a_discriminator_that_is_always_right():
    """A residual net on digits is, from round 100 to 250 of a healthy run, and lets its generator catch up."""
    assert heard(*(losses(r, accuracy=1.0) for r in ROUNDS)) == [("vanishing", 550)]
    assert heard(*(losses(r, accuracy=1.0 if r > 900 else 0.9) for r in ROUNDS)) == [("vanishing", 1400)]
    assert heard(*(losses(r, accuracy=1.0 if 300 < r < 750 else 0.9) for r in ROUNDS)) == []
    assert heard(*(losses(r, accuracy=1.0 if r % 200 else 0.9) for r in ROUNDS)) == []


def test_samples_that_are_all_alike_are_easily_told_and_called_a_collapse_alone():
    records = (record for r in ROUNDS for record in (looks(r, spread=0.1), losses(r, accuracy=1.0)))
    assert heard(*records) == [("collapse", 600)]


def test_a_generators_gradient_that_is_gone():
    fields = {"generator_slope": 1e-4, "accuracy": 0.95}
    (alarm,) = watched(*(losses(r, **(fields if r > 1000 else {})) for r in ROUNDS)).alarms
    assert (alarm.kind, alarm.round) == ("vanishing", 1250)
    assert "the generator's gradient is 0.0001, where it has been 0.7" in alarm.evidence


def test_a_gradient_that_was_gone_before_the_grace_was_over():
    """By then most records are of the gone one: it is compared with the largest tenth, not with the median."""
    fields = {"generator_slope": 1e-4, "accuracy": 0.95}
    assert heard(*(losses(r, **(fields if r > 100 else {})) for r in ROUNDS)) == [("vanishing", 550)]


def test_a_small_gradient_under_a_discriminator_that_errs_is_an_equilibrium():
    assert heard(*(losses(r, generator_slope=1e-4 if r > 1000 else 0.5) for r in ROUNDS)) == []


@pytest.mark.parametrize(("ahead", "kind"), [("discriminator", "vanishing"), ("generator", "idle")])
def test_a_player_that_is_outrun(ahead, kind):
    behind = {"discriminator": "generator", "generator": "discriminator"}[ahead]
    for times, want in ((25, [(kind, 550)]), (15, [])):
        paces = {f"{ahead}_pace": 0.001 * times, f"{behind}_pace": 0.001}
        assert heard(*(losses(r, **paces) for r in ROUNDS)) == want
    (alarm,) = watched(*(losses(r, **{f"{behind}_pace": 0.0}) for r in ROUNDS)).alarms  # it stands still
    assert (alarm.kind, f"the {ahead} moves" in alarm.evidence) == (kind, True)


def test_a_discriminator_that_is_fooled():
    fields = {"accuracy": 0.45, "real": 0.3, "fake": 1.6}
    assert heard(*(losses(r, **fields) for r in ROUNDS)) == [("idle", 550)]
    balanced = {"accuracy": 0.1, "real": -0.8, "fake": -0.4, "balance": 0.1}  # what BEGAN wants
    assert heard(*(losses(r, **balanced) for r in ROUNDS)) == []


def test_a_discriminator_that_scores_everything_alike():
    assert heard(*(losses(r, accuracy=0.5, real=0.7, fake=0.7) for r in ROUNDS)) == [("idle", 550)]


def test_level_scores_of_a_healthy_game_are_no_alarm():
    """As small DCGANs on digits play: accuracy from 0.45 to 0.55, scores of 0.01 that are equal now and then."""
    level = [(0.454, -0.013, 0.003), (0.469, -0.003, 0.007), (0.516, 0.005, -0.003), (0.5, 0.0, 0.0)]
    fields = (dict(zip(("accuracy", "real", "fake"), level[r // 50 % 4], strict=True)) for r in ROUNDS)
    assert heard(*(losses(r, **each) for r, each in zip(ROUNDS, fields, strict=True))) == []


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_a_step_that_is_too_long(player):
    """From the first record on: the weights of a DCGAN begin at 0.02, and steps of 0.01 are half of that."""
    found = watched(*(losses(r, **{f"{player}_pace": 0.12 if r == 50 else 0.003}) for r in ROUNDS)).alarms
    assert [(alarm.kind, alarm.round) for alarm in found] == [("divergence", 50)]
    assert f"the {player} moves by 12.0% of its own weights in a step" in found[0].evidence
    assert heard(*(losses(r, **{f"{player}_pace": 0.01}) for r in ROUNDS)) == []  # as a healthy one does at first


def test_a_gradient_that_explodes():
    """At once, and in the beginning too: there is no waiting it out."""
    assert heard(*(losses(r, discriminator_slope=0.4 if r != 400 else 4e3) for r in ROUNDS)) == [("divergence", 400)]
    assert heard(*(losses(r, discriminator_slope=0.0 if r != 400 else 1e-6) for r in ROUNDS)) == []


def test_an_average_that_is_elsewhere():
    assert heard(*(looks(r, apart=0.9) for r in ROUNDS)) == [("apart", 600)]


def test_an_alarm_is_told_when_it_begins_and_again_after_it_has_ended():
    records = [looks(r, spread=0.1 if r in (600, 650, 700, 1500, 1550) else 0.9) for r in ROUNDS]
    assert heard(*records) == [("collapse", 650), ("collapse", 1550)]


def test_hearing_goes_on_where_it_was_interrupted():
    """A resumed run replays its log and then hears on: the alarms are those of one that was never cut."""
    records = [losses(r, accuracy=1.0 if r > 900 else 0.8) for r in ROUNDS]
    whole, cut = watched(*records), watched(*records[:20])
    assert cut.alarms == []
    assert [alarm for record in records[20:] for alarm in cut.hear(record)] == whole.alarms == cut.alarms
    assert len(whole.alarms) == 1


SOMETHING = st.fixed_dictionaries(
    {
        "accuracy": st.floats(0, 1), "real": st.floats(-50, 50), "fake": st.floats(-50, 50),
        "generator_slope": st.floats(0, 1e5), "discriminator_slope": st.floats(0, 1e5),
        "generator_pace": st.floats(0, 0.1), "discriminator_pace": st.floats(0, 0.1),
    }
)  # fmt: skip
SEEN = st.fixed_dictionaries(
    {"spread": st.floats(0, 2), "copies": st.floats(0, 1), "apart": st.floats(0, 2), "recall": st.floats(0, 1)}
)


@given(st.lists(st.tuples(SOMETHING, SEEN), max_size=20), st.integers(0, 20))
@settings(deadline=None, max_examples=60)
def test_cut_anywhere_it_says_the_same_and_nothing_else_before_the_grace_is_over(values, at):
    """Whatever the records are; and no alarm begins twice without an end in between."""
    pairs = list(zip(ROUNDS, values, strict=False))
    records = [record for r, (told, seen) in pairs for record in (losses(r, **told), looks(r, **seen))]
    whole, cut = watched(*records), watched(*records[:at])
    cut.replay(records[at:])
    assert cut.alarms == whole.alarms
    assert all(alarm.kind == "divergence" or alarm.round > Limits().grace for alarm in whole.alarms)
    times = [(alarm.kind, alarm.round) for alarm in whole.alarms]
    assert not {(kind, r + 50) for kind, r in times} & set(times)


@given(SOMETHING, st.floats(0.01, 100))
@settings(deadline=None)
def test_the_unit_of_a_gradient_does_not_matter(told, unit):
    """Losses of other recipes are larger or smaller throughout: what counts is a player's own past."""

    def slopes(r: int, factor: float) -> dict[str, float]:
        bad = r > 1000
        return {k: (v if bad else 0.5) * factor for k, v in told.items() if k.endswith("_slope")}

    rest = {k: v for k, v in told.items() if not k.endswith("_slope")}
    one, other = (watched(*(losses(r, **rest, **slopes(r, f)) for r in ROUNDS)).alarms for f in (1.0, unit))
    near = any(abs(v / (0.5 * 1000) - 1) < 1e-6 or abs(v / (0.5 * 0.01) - 1) < 1e-6 for v in told.values())
    assert near or [(a.kind, a.round) for a in one] == [(a.kind, a.round) for a in other]


def test_limits_are_yours():
    limits = dataclasses.replace(Limits(), grace=0, pulses=1)
    found = watched(losses(50, accuracy=1.0), losses(100, accuracy=1.0), limits=limits).alarms
    assert [(alarm.kind, alarm.round) for alarm in found] == [("vanishing", 100)]
