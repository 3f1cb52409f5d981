"""What is heard: alarms as they begin, trouble that calls for going back, and a log that was written before."""

from __future__ import annotations

import json
from pathlib import Path

from sparring.train import Limits
from sparring.train._hearing import Hearing

LIMITS = Limits(grace=0, patience=2)


def look(round_: int, spread: float = 0.9, **fields: float) -> dict[str, object]:
    record = {"event": "evaluate", "round": round_, "images": 64 * round_, "spread": spread, "copies": 0.0}
    return record | fields


def test_trouble_begins_with_a_serious_alarm_and_ends_when_the_run_goes_back():
    told = []
    hearing = Hearing(LIMITS, None, told.append)
    for record in (look(1), look(2, spread=0.01), look(3, spread=0.01)):
        assert not hearing.trouble()
        hearing(record)
    assert hearing.trouble().startswith("collapse: samples are 0.01 as far apart")
    assert [record["event"] for record in told] == ["evaluate"] * 3 + ["alarm"]
    hearing({"event": "rollback", "round": 3, "images": 192, "to": 1, "number": 1})
    assert not hearing.trouble()
    assert hearing.alarms == []
    hearing(look(2))
    hearing(look(3, spread=0.01))
    assert not hearing.trouble(), "what was gone back from does not count"
    hearing(look(4, spread=0.01))
    assert hearing.trouble()


def test_an_alarm_that_is_not_serious_is_no_trouble():
    hearing = Hearing(LIMITS, None, None)
    for round_ in (1, 2, 3):
        hearing(look(round_, apart=5.0))
    assert [alarm.kind for alarm in hearing.alarms] == ["apart"]
    assert not hearing.trouble()


def test_one_that_begins_in_the_midst_has_read_the_log_up_to_there(tmp_path: Path):
    """The log holds the record that is being told already; a torn last line and rollbacks are passed over."""
    records = [look(1), {"event": "rollback", "round": 9, "number": 1}, look(2, spread=0.01), look(3, spread=0.01)]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + '{"event": "tr')
    hearing = Hearing(LIMITS, tmp_path, None)
    hearing(records[3])
    assert [(alarm.kind, alarm.round) for alarm in hearing.alarms] == [("collapse", 3)]
    over = Hearing(LIMITS, tmp_path, None)
    over.catch_up()
    over.catch_up()
    assert over.alarms == hearing.alarms
    assert not over.trouble(), "what was told before is dealt with"


def test_flat_is_of_looks_with_a_figure():
    hearing = Hearing(LIMITS, None, None)
    for round_ in range(1, 8):
        assert not hearing.flat()
        hearing(look(round_) if round_ == 3 else look(round_, figure=1.0, noise=0.1))
    assert hearing.flat()
