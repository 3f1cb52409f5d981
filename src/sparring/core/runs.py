"""A run directory: what was asked (`spec.json`), what happened (`log.jsonl`), what came out (`result.json`).

Every file is written whole or not at all, so a crash, a full disk or Ctrl-C leaves the last good one.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import re
import tempfile
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from sparring.errors import InputError

SHOWN = 40
"""Characters of a value that a line about it shows."""


def write_atomic(path: str | Path, content: bytes | str) -> Path:
    """Write a file so that a reader sees the old one or the whole new one, never a part."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def write_json(path: str | Path, value: Any) -> Path:
    """Write JSON atomically, in an order and layout that diff well."""
    return write_atomic(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_lines(path: str | Path, records: Iterable[Any]) -> Path:
    """Write JSON records atomically, one a line."""
    return write_atomic(path, "".join(json.dumps(r, ensure_ascii=False, allow_nan=False) + "\n" for r in records))


def read_json(path: str | Path) -> Any:
    """Read JSON, or say in one line what is wrong with the file."""
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise InputError(f"expected the file {path}, got nothing there") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"expected JSON in {path}, got {error}") from None


def new_run_dir(kind: str, name: str, root: str | Path = "runs") -> Path:
    """Make and return the next numbered directory, such as `runs/0007-audit-digits-linf`."""
    root = Path(root)
    root.mkdir(parents=True, exist_ok=True)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    number = 1 + max((int(entry.name[:4]) for entry in root.iterdir() if entry.name[:4].isdigit()), default=0)
    while True:
        path = root / f"{number:04d}-{kind}-{slug}"
        try:
            path.mkdir()
            return path
        except FileExistsError:  # another process took the number
            number += 1


def open_run(folder: Path, spec: dict[str, Any], command: str | None, *, beside: str = "") -> Path:
    """Make a run directory, or go on with the one that holds this very run: all of `spec` has to agree.

    `beside` names what may lie there before the spec does, for processes that do not wait for the first.

    Raises: InputError when the folder holds something else.
    """
    path = folder / "spec.json"
    if path.exists():
        before = read_json(path)
        for key, value in spec.items():
            if before.get(key) != json.loads(json.dumps(value)):
                found, wanted = _apart(json.dumps(before.get(key)), json.dumps(value))
                raise InputError(
                    f"expected {folder} to hold this run or nothing, got one with another {key} "
                    f"({found}, not {wanted}): choose another --out"
                )
        return folder
    if folder.exists() and any(folder.iterdir()) and not (beside and (folder / beside).exists()):
        raise InputError(f"expected an empty or new directory for the run, got {folder} with files in it")
    write_json(path, spec | {"versions": versions(), "command": command})
    return folder


def _apart(one: str, other: str) -> tuple[str, str]:
    """Return two texts for a line to show how they differ: long ones from shortly before where they part."""
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    start = 0 if max(len(one), len(other)) <= SHOWN else max(0, same - SHOWN // 3)
    return _cut(one, start), _cut(other, start)


def _cut(text: str, start: int) -> str:
    text = "..." * (start > 0) + text[start:]
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


class Log:
    """Append records to `log.jsonl`, one line each; a torn last line from a kill is ignored by readers."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def __call__(self, event: str, **fields: Any) -> None:
        """Append one record with the time."""
        record = {"time": round(time.time(), 3), "event": event, **fields}
        with self.path.open("a") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def versions() -> dict[str, str]:
    """Return the versions that decide the figures."""
    names = ("sparring", "torch", "numpy")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in names}}


def machine() -> str:
    """Return the machine in words: cores, processor, memory, accelerator."""
    import torch

    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    words = [f"{cores} x {model}"]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        words.append(f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB")
    if torch.cuda.is_available():
        words.append(torch.cuda.get_device_name())
    return ", ".join(words)
