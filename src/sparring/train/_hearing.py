"""Hears the loop for the watch, and says what has to be done: go on, end, or go back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sparring.games import Checkpoints
from sparring.train._flat import is_flat
from sparring.train._watch import Alarm, Limits, Watch

Record = dict[str, Any]
SERIOUS = ("collapse", "divergence", "vanishing")
"""Alarms that a training goes back at."""


class Hearing:
    """Every record in the order in which it was told; in a resumed run it begins with what the log holds already."""

    def __init__(self, limits: Limits | None, folder: Path | None, progress: Callable[[Record], None] | None) -> None:
        self._limits, self._folder, self._progress = limits, folder, progress
        self._watch, self._heard, self._begun, self._trouble = Watch(limits), list[Record](), False, ""

    @property
    def alarms(self) -> list[Alarm]:
        """All alarms so far, those of before an interruption included, and without those that were gone back from."""
        return self._watch.alarms

    def __call__(self, record: Record) -> None:
        """Take in a record, and pass it on with the alarms that begin with it."""
        if not self._begun:  # the log has this record already
            self.catch_up((record["round"], record["event"]))
        if record["event"] == "rollback":
            self._go_back(int(record["to"]))
        if self._progress is not None:
            self._progress(record)
        if record["event"] == "rollback":
            return
        self._heard.append(record)
        for alarm in self._watch.hear(record):
            if alarm.kind in SERIOUS:
                self._trouble = f"{alarm.kind}: {alarm.evidence}"
            if self._progress is not None:
                self._progress({"event": "alarm", **asdict(alarm)})

    def trouble(self) -> str:
        """Return the alarm that began with the latest records and calls for going back, in words, or ""."""
        return self._trouble

    def flat(self) -> bool:
        """Say whether the held-out figure has stopped improving."""
        return is_flat((r["figure"], r["noise"]) for r in self._heard if r["event"] == "evaluate" and "figure" in r)

    def catch_up(self, until: tuple[int, str] = (-1, "")) -> None:
        """Hear the log of what was played before this process, up to a record that is to come."""
        if self._begun:
            return
        self._begun = True
        for record in Checkpoints(self._folder, writes=False).history():
            if (record["round"], record["event"]) == until:
                return
            if record["event"] != "rollback":
                self._heard.append(record)
                self._watch.hear(record)

    def _go_back(self, round_: int) -> None:
        self._trouble, self._watch = "", Watch(self._limits)
        self._heard = [record for record in self._heard if record["round"] <= round_]
        self._watch.replay(self._heard)
