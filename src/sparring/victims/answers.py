"""Answers that were paid for, kept by the pixels they are about: the same image is never asked twice."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor

from sparring.errors import InputError

Answer: TypeAlias = list[float]
"""What was said of one image: k scores, or one label."""
SCHEMA = "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID"


class Answers:
    """A cache in one SQLite file, or in memory alone; what was put in survives a kill at any later moment.

    >>> cache = Answers()
    >>> cache.put([b"a"], [[0.25, 0.75]])
    >>> cache.get([b"a", b"b"])
    {b'a': [0.25, 0.75]}
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._file = sqlite3.connect(":memory:" if path is None else path, check_same_thread=False)
            weakref.finalize(self, self._file.close)
            # A kill of this process loses nothing; a commit does not wait for the disk, as it would for each request.
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = NORMAL")
            with self._file:
                self._file.execute(SCHEMA)
        except sqlite3.Error as error:
            raise InputError(f"expected a cache of answers, or nothing, at {path}, got {error}") from None

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Answer]:
        """Return the answers that are known."""
        found = {}
        for key in keys:
            row = self._file.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
            if row is not None:
                found[key] = [float(value) for value in json.loads(row[0])]
        return found

    def put(self, keys: Sequence[bytes], answers: Sequence[Answer]) -> None:
        """Keep answers: all of them or, after a kill, none."""
        with self._file:
            rows = [(key, json.dumps(answer)) for key, answer in zip(keys, answers, strict=True)]
            self._file.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", rows)


def keys_of(sent: Tensor, of: str) -> list[bytes]:
    """Return one key an image: sha256 of its pixels as they are sent (n, *chw), and of who is asked how."""
    prefix = f"{of} {sent.dtype} {tuple(sent.shape[1:])} ".encode()
    rows = sent.detach().cpu().contiguous().flatten(1).view(torch.uint8).numpy()
    return [hashlib.sha256(prefix + row.tobytes()).digest() for row in rows]
