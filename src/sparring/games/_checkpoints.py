"""What a training leaves on disk: the last states, the best modules, and a log that tells no round twice."""

from __future__ import annotations

import io
import json
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import torch

from sparring.core.runs import Log, write_atomic
from sparring.errors import InputError, SparringWarning

LAST, PREVIOUS, BEST, LOG = "last.pt", "previous.pt", "best.pt", "log.jsonl"
GOOD = "good-{:08d}.pt"
ROLLED_BACK = "rolled-back-{}.jsonl"


class Checkpoints:
    """The files of one training in its folder, each whole or not there; without a folder, the best is kept in memory.

    Tensors and plain values only: reading one runs no code. Of several processes, one `writes`. `seconds`: what the
    rounds have taken, once they are played.
    """

    def __init__(self, folder: Path | None, *, writes: bool = True) -> None:
        self.folder, self.writes = folder, writes and folder is not None
        self.seconds = 0.0
        self._best: dict[str, Any] | None = None
        self._told: list[dict[str, Any]] = []
        self._good: dict[int, bytes] = {}

    def save(self, state: dict[str, Any]) -> None:
        """Write the state to go on from; the one before it stays, for when this one is damaged."""
        if self.folder is not None and self.writes:
            if (self.folder / LAST).exists():
                _link(self.folder / LAST, self.folder / PREVIOUS)
            write_atomic(self.folder / LAST, _packed(state))

    def save_good(self, state: dict[str, Any], most: int) -> None:
        """Keep a state to go back to, and of all such the `most` latest."""
        content = _packed(state)
        if self.folder is None:
            self._good[int(state["round"])] = content
        elif self.writes:
            write_atomic(self.folder / GOOD.format(state["round"]), content)
        if self.folder is None or self.writes:
            for each in self._good_rounds()[:-most]:
                self._drop(each)

    def good(self, before: int) -> dict[str, Any] | None:
        """Return the earliest state to go back to, of a round that is not after `before`."""
        rounds = [each for each in self._good_rounds() if each <= before]
        if not rounds:
            return None
        if self.folder is not None:
            return _read(self.folder / GOOD.format(rounds[0]))
        return _read(io.BytesIO(self._good[rounds[0]]))

    def go_back(self, state: dict[str, Any], **record: Any) -> None:
        """Make an earlier state the last one, and put what the log tells of later rounds in a file of its own.

        The state's `rollbacks` counts how often that has happened; `record` is what the log tells of this time. Killed
        in the midst, the run goes on from before or after, and its log is that of a run that was not.
        """
        round_, count = int(state["round"]), int(state["rollbacks"])
        if self.folder is not None and self.writes:
            gone = [line for line, known in self._lines() if not _stays(known, round_, count)]
            write_atomic(self.folder / ROLLED_BACK.format(count), "".join(gone))
        self.log("rollback", **record)
        self.save(state)
        if self.folder is None:
            self._told = [known for known in self._told if _stays(known, round_, count)]
            self._forget(round_)
        elif self.writes:
            self._cut_log(round_, count)

    def save_best(self, best: dict[str, Any]) -> None:
        """Keep the modules that did best, with the figures that say so."""
        self._best = {"figures": best["figures"], "modules": {k: _copied(v) for k, v in best["modules"].items()}}
        if self.folder is not None and self.writes:
            write_atomic(self.folder / BEST, _packed(self._best))

    def last(self) -> dict[str, Any] | None:
        """Return the state to go on from, if there is one, and forget what the log tells of later rounds.

        Raises: InputError when neither it nor the one before it can be read. Warns when only it cannot.
        """
        if self.folder is None:
            return None
        if not (self.folder / LAST).exists():
            if self.writes:
                self._cut_log(0, 0)
            return None
        state = self._last_or_previous(self.folder)
        if self.writes:
            self._cut_log(int(state["round"]), int(state.get("rollbacks", 0)))
        return state

    def _last_or_previous(self, folder: Path) -> dict[str, Any]:
        try:
            return _read(folder / LAST)
        except InputError:
            if not (folder / PREVIOUS).exists():
                raise
        state = _read(folder / PREVIOUS)
        warnings.warn(
            f"{folder / LAST} cannot be read: going on from the checkpoint before it, of round {state['round']}",
            SparringWarning, stacklevel=2,
        )  # fmt: skip
        if self.writes:
            _link(folder / PREVIOUS, folder / LAST)
        return state

    def best(self) -> dict[str, Any] | None:
        """Return the best modules and their figures."""
        if self._best is None and self.folder is not None and (self.folder / BEST).exists():
            self._best = _read(self.folder / BEST)
        return self._best

    def history(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return every record so far, or those of an event, those of before an interruption included."""
        records = self._told if self.folder is None else [record for _, record in self._lines()]
        return [record for record in records if event in (None, record["event"])]

    def log(self, event: str, **fields: Any) -> None:
        """Append a record."""
        if self.folder is None:
            self._told.append({"event": event, **fields})
        if self.folder is not None and self.writes:
            Log(self.folder / LOG)(event, **fields)

    def _lines(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the lines of the log with what they say, without one that a killed process left torn."""
        assert self.folder is not None
        path, found = self.folder / LOG, []
        for line in path.read_text().splitlines() if path.exists() else ():
            try:
                found.append((line + "\n", json.loads(line)))
            except json.JSONDecodeError:
                continue
        return found

    def _cut_log(self, round_: int, count: int) -> None:
        assert self.folder is not None
        if (self.folder / LOG).exists():
            kept = [line for line, record in self._lines() if _stays(record, round_, count)]
            write_atomic(self.folder / LOG, "".join(kept))
        self._forget(round_)

    def _good_rounds(self) -> list[int]:
        if self.folder is None:
            return sorted(self._good)
        return sorted(int(path.stem.partition("-")[2]) for path in self.folder.glob("good-*.pt"))

    def _forget(self, after: int) -> None:
        """Drop what would be gone back to from rounds that are to come again."""
        for each in self._good_rounds():
            if each > after:
                self._drop(each)

    def _drop(self, round_: int) -> None:
        self._good.pop(round_, None)
        if self.folder is not None:
            (self.folder / GOOD.format(round_)).unlink(missing_ok=True)


def _stays(record: dict[str, Any], round_: int, count: int) -> bool:
    """Say whether a record belongs to a run that is at a round and has gone back `count` times."""
    if record["event"] == "rollback":
        return int(record["number"]) <= count
    return int(record.get("round", 0)) <= round_


def _copied(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().clone() for name, value in state.items()}


def _packed(value: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, in the place of what had it; a copy where the file system has no links."""
    temporary = target.with_name(f".{target.name}.link")
    temporary.unlink(missing_ok=True)
    try:
        os.link(source, temporary)
    except OSError:
        shutil.copyfile(source, temporary)
    os.replace(temporary, target)


def _read(source: Path | io.BytesIO) -> dict[str, Any]:
    try:
        value: dict[str, Any] = torch.load(source, map_location="cpu", weights_only=True)
        return value
    except Exception as error:  # torch raises half a dozen kinds for a damaged file
        raise InputError(
            f"expected a checkpoint of this library in {source}, got one that cannot be read "
            f"({(str(error) or type(error).__name__).splitlines()[0][:80]}): remove it to begin anew"
        ) from None
