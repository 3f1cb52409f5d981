"""Two audits of the same samples, side by side: which model is better, by how much, and where they differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sparring.audit.statistics import LEVEL, mcnemar, paired_difference, wilson
from sparring.core.runs import read_json
from sparring.errors import InputError

STANDS, WRONG = "stands", "wrong from the start"


@dataclass(frozen=True)
class Paired:
    """One accuracy of both runs on the shared samples, and what their difference is worth.

    `both`, `only_first`, `only_second`, `neither` count samples; `first`, `second` are shares of 1 with Wilson's
    intervals; `difference` is second − first with Tango's interval; `p_value` is McNemar's, exact.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    first: float
    first_interval: tuple[float, float]
    second: float
    second_interval: tuple[float, float]
    difference: float
    interval: tuple[float, float]
    p_value: float


@dataclass(frozen=True)
class Change:
    """A sample that stands in one run only; `first`, `second`: "stands", "wrong from the start", or what broke it."""

    index: int
    label: int
    first: str
    second: str


@dataclass(frozen=True)
class Comparison:
    """What two audits say of each other, for whoever has to choose between two models.

    `n` samples are in both runs, `left_out` are in one only; `spec` tells what was audited, as (first, second).
    """

    n: int
    left_out: tuple[int, int]
    robust: Paired
    clean: Paired
    changed: tuple[Change, ...]
    spec: dict[str, Any]
    warnings: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        return {"kind": "compare", **asdict(self), "confidence_level": LEVEL}


def compare(first: str | Path, second: str | Path) -> Comparison:
    """Compare two audits sample by sample, for whoever asks whether the second model is really better.

    Samples are paired by their index in the data. One stands if the model is right on it and no attack broke it. As
    both runs saw the same samples, only those that stand in one run alone tell them apart: that is a far sharper test
    than two separate intervals.

    Args:
        first, second: run directories of finished audits, on the same data and with the same seed.

    Raises: InputError for a directory that holds no finished audit, other data, another seed, or no shared samples.

    Cost: no passes.

    >>> compare("runs/nowhere", "runs/nowhere")
    Traceback (most recent call last):
    sparring.errors.InputError: expected the directory of a finished audit, got runs/nowhere: no result.json in it
    """
    results = [_read_result(Path(folder)) for folder in (first, second)]
    _check_same(results, first, second)
    records = [{int(r["index"]): r for r in read_samples(folder)} for folder in (first, second)]
    shared = sorted(records[0].keys() & records[1].keys())
    if not shared:
        raise InputError(f"expected audits with samples in common, got none in {first} and {second}: use the same --n")
    pairs = [(records[0][index], records[1][index]) for index in shared]
    fates = [(_fate(a), _fate(b)) for a, b in pairs]
    return Comparison(
        n=len(shared),
        left_out=(len(records[0]) - len(shared), len(records[1]) - len(shared)),
        robust=_paired([(a == STANDS, b == STANDS) for a, b in fates]),
        clean=_paired([(a != WRONG, b != WRONG) for a, b in fates]),
        changed=tuple(
            Change(index, int(a["label"]), *fate)
            for index, (a, _), fate in zip(shared, pairs, fates, strict=True)
            if (fate[0] == STANDS) != (fate[1] == STANDS)
        ),
        spec=_spec(results, first, second),
        warnings=_warnings(results),
    )


def read_samples(folder: str | Path) -> list[dict[str, Any]]:
    """Return an audit's records, one a sample, from `samples.jsonl` or `samples.json` in its directory."""
    lines, whole = Path(folder) / "samples.jsonl", Path(folder) / "samples.json"
    if lines.exists():
        try:
            return [json.loads(line) for line in lines.read_text().splitlines() if line]
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"expected one JSON record a line in {lines}, got {error}") from None
    if not whole.exists():
        raise InputError(f"expected the directory of a finished audit, got {folder}: no samples.jsonl in it")
    records: list[dict[str, Any]] = read_json(whole)
    return records


def _read_result(folder: Path) -> dict[str, Any]:
    path = folder / "result.json"
    if not path.exists():
        raise InputError(f"expected the directory of a finished audit, got {folder}: no result.json in it")
    result = read_json(path)
    kind = result.get("kind") if isinstance(result, dict) else None
    if kind != "audit":
        raise InputError(f"expected an audit in {folder}, got {kind or 'something else'}: name a run of sparring audit")
    return dict(result)


def _check_same(results: Sequence[dict[str, Any]], first: str | Path, second: str | Path) -> None:
    a, b = (result["spec"] for result in results)
    if a["data_checksum"] != b["data_checksum"]:
        raise InputError(
            f"expected two audits of the same data, got {a['data']} in {first} and {b['data']} in {second}, whose "
            "checksums differ: audit both models on one of them"
        )
    if results[0]["seed"] != results[1]["seed"]:
        raise InputError(
            f"expected two audits with the same seed, got {results[0]['seed']} and {results[1]['seed']}: "
            f"audit {second} again with --seed {results[0]['seed']}"
        )


def _fate(record: dict[str, Any]) -> str:
    if record["clean"] != record["label"]:
        return WRONG
    return STANDS if record["broken_by"] is None else str(record["broken_by"])


def _paired(right: Sequence[tuple[bool, bool]]) -> Paired:
    n = len(right)
    both = sum(a and b for a, b in right)
    only_first = sum(a and not b for a, b in right)
    only_second = sum(b and not a for a, b in right)
    return Paired(
        both=both,
        only_first=only_first,
        only_second=only_second,
        neither=n - both - only_first - only_second,
        first=(both + only_first) / n,
        first_interval=wilson(both + only_first, n),
        second=(both + only_second) / n,
        second_interval=wilson(both + only_second, n),
        difference=(only_second - only_first) / n,
        interval=paired_difference(only_second, only_first, n),
        p_value=mcnemar(only_first, only_second),
    )


def _spec(results: Sequence[dict[str, Any]], first: str | Path, second: str | Path) -> dict[str, Any]:
    specs = [result["spec"] for result in results]
    pairs = {
        key: [spec.get(key) for spec in specs] for key in ("model", "model_checksum", "threat", "protocol", "attacks")
    }
    same = {"data": specs[0]["data"], "data_checksum": specs[0]["data_checksum"], "seed": results[0]["seed"]}
    return {"runs": [str(first), str(second)], **pairs, **same}


def _warnings(results: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Say what differs besides the model, as the difference may come from that, and which figure is in doubt."""
    a, b = (result["spec"] for result in results)
    said = [
        f"the audits differ in {name}: {_text(a.get(key))} and {_text(b.get(key))}"
        for key, name in (("threat", "their threat"), ("protocol", "their protocol"), ("attacks", "their attacks"))
        if a.get(key) != b.get(key)
    ]
    for result, name in zip(results, ("first", "second"), strict=True):
        if (result.get("verdict") or {}).get("verdict") == "suspect":
            said.append(f"the audit of the {name} run calls its own figure suspect: see the report of that run")
    return tuple(said)


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
