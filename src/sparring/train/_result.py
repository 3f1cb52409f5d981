"""What a training is told as: `result.json`."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

from sparring.core.runs import machine, versions
from sparring.games import Checkpoints, Table
from sparring.train._held import Held
from sparring.train._kept import Kept
from sparring.train._watch import Alarm

TOLD = ("round", "images", "seconds", "figure", "noise", "recall", "spread", "copies", "apart")
"""What is told of each look."""


def result_of(
    spec: dict[str, Any],
    table: Table,
    files: Checkpoints,
    held: Held,
    kept: Kept,
    figure: dict[str, Any],
    alarms: list[Alarm],
    *,
    stopped: str,
    command: str | None,
) -> dict[str, Any]:
    """Return a training as plain values; `stopped` says why it ended before its time, "" where it did not."""
    return {
        "kind": "train",
        "spec": spec | {"versions": versions()},
        "images": table.images,
        "rounds": table.round,
        "seconds": round(files.seconds, 3),
        "figure": figure,
        "chosen_by": f"select half of {held.words}",
        "kept": kept.told(table.round),
        "alarms": [asdict(alarm) for alarm in alarms],
        "rollbacks": [_plain(record) for record in files.history("rollback")],
        "stopped": bool(stopped),
        "stopped_by": stopped,
        "looks": [{k: record[k] for k in TOLD if k in record} for record in files.history("evaluate")],
        "losses": files.history("train"),
        "command": command,
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
    }


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what differs between two equal runs."""
    return {key: value for key, value in record.items() if key not in ("event", "time", "seconds")}
