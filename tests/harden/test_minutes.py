"""Minutes become epochs by the time that some rounds take."""

from __future__ import annotations

import pytest

from sparring.core.runs import write_json
from sparring.errors import InputError
from sparring.harden import Recipe, _minutes
from sparring.registry import parse

pytestmark = pytest.mark.filterwarnings("ignore::sparring.errors.SparringWarning")
THREAT = parse("linf(0.1)")
RECIPE = Recipe(batch_size=10, held_out=20, evaluations=4)


@pytest.fixture
def clock(monkeypatch):
    """Trainings of a known length, in place of the machine's."""
    now = [0.0]

    def run(net, method, few, *rest, **more):
        now[0] += 0.01 * len(few) * method.passes
        return net, {}

    def look(*_):
        now[0] += 1.5
        return {}

    monkeypatch.setattr(_minutes, "run", run)
    monkeypatch.setattr(_minutes, "look", look)
    monkeypatch.setattr(_minutes.time, "perf_counter", lambda: now[0])


@pytest.mark.parametrize(("defense", "minutes"), [("standard", 1.0), ("adversarial(steps=2)", 2.5)])
def test_epochs_are_what_is_left_after_the_looks(blocks, clock, defense, minutes):
    """120 samples at 0.01 s a pass: an epoch takes 1.2 s times the passes; 4 looks of 1.5 s are paid for first."""
    got = _minutes.fitting_epochs("cnn(width=2)", blocks(), THREAT, defense, RECIPE, minutes, None)
    want = (60 * minutes - 6) / (1.2 * parse(defense).passes)
    assert got == pytest.approx(int(10 * want + 1e-6) / 10)


def test_a_run_that_has_begun_keeps_its_epochs(blocks, clock, tmp_path):
    """G26: or it could not go on."""
    write_json(tmp_path / "spec.json", {"recipe": {"epochs": 3.7}})
    assert _minutes.fitting_epochs("cnn", blocks(), THREAT, "standard", RECIPE, 1.0, tmp_path) == 3.7


def test_too_few_minutes_are_told(blocks, clock):
    with pytest.raises(InputError, match="expected minutes > 0"):
        _minutes.fitting_epochs("cnn", blocks(), THREAT, "standard", RECIPE, 0, None)
    with pytest.raises(InputError, match=r"a tenth of an epoch at least, got 0\.1"):
        _minutes.fitting_epochs("cnn", blocks(), THREAT, "standard", RECIPE, 0.1, None)


@pytest.mark.parametrize("defense", ["standard", "distillation", "static"])
def test_on_this_machine_a_minute_is_some_epochs(blocks, defense):
    """With what the defense prepares, of the few samples that are timed."""
    got = _minutes.fitting_epochs("cnn(width=2)", blocks(), THREAT, defense, RECIPE, 1.0, None)
    assert got > 1
    assert got == round(got, 1)
