"""The books: sums that hold, a limit that holds, and what a kill leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparring.errors import InputError
from sparring.victims.base import OutOfQueries
from sparring.victims.queries import QueryLedger


def spend(ledger: QueryLedger) -> None:
    ledger.open(3, attempt=1).close("lost")
    ledger.open(3, attempt=2).close("refused", 503)
    ledger.open(3, attempt=3).close("answered", 200)


def test_sent_is_answered_and_refused_and_lost() -> None:
    ledger = QueryLedger(limit=20, price=0.25)
    spend(ledger)
    summary = ledger.summary()
    assert {key: summary[key] for key in ("requests", "retries", "sent", "answered", "refused", "lost")} == {
        "requests": 3, "retries": 2, "sent": 9, "answered": 3, "refused": 3, "lost": 3,
    }  # fmt: skip
    assert (summary["cost"], summary["cost_at_most"]) == (0.75, 1.5)
    assert ledger.left() == 11
    assert str(ledger) == (
        "0 images asked, 0 from the cache; 9 sent in 3 requests (2 retries); 3 answered, 3 refused, 3 lost; "
        "11 of 20 left; cost 0.75 to 1.5"
    )
    json.dumps(summary)


def test_what_cannot_be_paid_for_is_not_begun() -> None:
    """T37."""
    ledger = QueryLedger(limit=4)
    ledger.open(4, attempt=1).close("answered", 200)
    assert not ledger.cut
    ledger.need(0)
    with pytest.raises(OutOfQueries):
        ledger.open(1, attempt=1)
    assert ledger.cut
    assert ledger.now.sent == 4
    assert QueryLedger().left() is None


def test_an_earlier_run_counts_towards_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "queries.jsonl"
    spend(QueryLedger(path, limit=20))
    second = QueryLedger(path, limit=20)
    assert (second.before.sent, second.before.retries, second.now.sent, second.left()) == (9, 2, 0, 11)
    spend(second)
    assert second.summary()["sent_before"] == 9
    assert QueryLedger(path, limit=20).left() == 2
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len({line["id"] for line in lines}) == 6


def test_a_request_cut_by_a_kill_counts_as_lost(tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    ledger = QueryLedger(path)
    spend(ledger)
    ledger.open(5, attempt=1)  # never closed
    with path.open("a") as file:
        file.write('{"event": "send", "id": "1-5", "im')  # torn: it never left
    after = QueryLedger(path)
    assert (after.before.lost, after.before.sent) == (8, 14)
    after.open(1, attempt=1).close("answered", 200)
    last = QueryLedger(path)
    assert (last.before.sent, last.before.answered) == (15, 4)


@pytest.mark.parametrize("line", ['{"event": "chunk"}', "[1]", '{"id": "x", "images": 1, "event": "send"}'])
def test_another_file_is_no_ledger(tmp_path: Path, line: str) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(InputError, match="expected the ledger of an endpoint in"):
        QueryLedger(path)
    assert path.read_text() == line + "\n"
