"""What a training leaves on disk: the last state, the best modules, and a log that tells no round twice."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import torch

from sparring.core.runs import Log, write_atomic
from sparring.errors import InputError

LAST, BEST, LOG = "last.pt", "best.pt", "log.jsonl"


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

    def save(self, state: dict[str, Any]) -> None:
        """Write the state to go on from."""
        if self.folder is not None and self.writes:
            _write(self.folder / LAST, state)

    def save_best(self, best: dict[str, Any]) -> None:
        """Keep the modules that did best, with the figures that say so."""
        self._best = {"figures": best["figures"], "modules": {k: _copied(v) for k, v in best["modules"].items()}}
        if self.folder is not None and self.writes:
            _write(self.folder / BEST, self._best)

    def last(self) -> dict[str, Any] | None:
        """Return the state to go on from, if there is one, and forget what the log tells of later rounds."""
        if self.folder is None:
            return None
        if not (self.folder / LAST).exists():
            if self.writes:
                self._cut_log(0)
            return None
        state = _read(self.folder / LAST)
        if self.writes:
            self._cut_log(int(state["round"]))
        return state

    def best(self) -> dict[str, Any] | None:
        """Return the best modules and their figures."""
        if self._best is None and self.folder is not None and (self.folder / BEST).exists():
            self._best = _read(self.folder / BEST)
        return self._best

    def history(self, event: str) -> list[dict[str, Any]]:
        """Return every record of an event so far, those of before an interruption included."""
        if self.folder is None or not (self.folder / LOG).exists():
            return [record for record in self._told if record["event"] == event]
        lines = (self.folder / LOG).read_text().splitlines()
        return [record for record in map(json.loads, lines) if record["event"] == event]

    def log(self, event: str, **fields: Any) -> None:
        """Append a record."""
        if self.folder is None:
            self._told.append({"event": event, **fields})
        if self.folder is not None and self.writes:
            Log(self.folder / LOG)(event, **fields)

    def _cut_log(self, round_: int) -> None:
        assert self.folder is not None
        path = self.folder / LOG
        if not path.exists():
            return
        kept = []
        for line in path.read_text().splitlines():
            try:
                record = json.loads(line)
            except json.JSONDecodeError:  # the last line of a process that was killed while it wrote
                continue
            if record.get("round", 0) <= round_:
                kept.append(line + "\n")
        write_atomic(path, "".join(kept))


def _copied(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().clone() for name, value in state.items()}


def _write(path: Path, value: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    write_atomic(path, buffer.getvalue())


def _read(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        return value
    except Exception as error:  # torch raises half a dozen kinds for a damaged file
        raise InputError(
            f"expected a checkpoint of this library in {path}, got one that cannot be read "
            f"({(str(error) or type(error).__name__).splitlines()[0][:80]}): remove it to begin anew"
        ) from None
