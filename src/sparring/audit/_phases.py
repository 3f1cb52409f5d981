"""The phases of an audit: chunks of samples, then the evidence, then what the evidence asks for.

Every part of a phase is a file in the run directory. A process does the parts that are its own and not there yet,
waits for the others, and reads them all: one process, several, or one that was killed and started again come to the
same records.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.attacks import Attack
from sparring.audit._chunks import Work, load_chunk, run_chunk, save_chunk
from sparring.audit._evidence import TESTS, Case, chosen, run_test
from sparring.audit._examine import Examination
from sparring.audit._figures import Record, stands, totals
from sparring.audit._protocols import MORE_STEPS, QUERIES, attacks_of
from sparring.core.group import Group
from sparring.core.runs import Log, read_json, write_json
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.registry import parse_as


@dataclass(frozen=True)
class Phases:
    """One audit's work, shared with the other processes of its `group` through `folder`."""

    folder: Path
    group: Group
    data: Dataset
    work: Work
    size: int
    log: Log
    progress: Callable[[int, int, int, int], None] | None = None

    def chunks(self, name: str, indices: Tensor, work: Work) -> tuple[list[Record], list[Record]]:
        """Run the attacks of `work` on these samples; return a record a sample, and the cost of each attack."""
        if len(indices) == 0:
            return [], []
        parts = torch.split(indices, self.size)
        known: dict[int, tuple[int, int, int]] = {}
        for number in self.group.mine(len(parts)):
            if load_chunk(self.folder / name, number) is None:
                x, y = self.data.take(parts[number])
                chunk, pictures = run_chunk(work, x, y, parts[number])
                save_chunk(self.folder / name, number, chunk, pictures)
                self.log(name, number=number, of=len(parts), seconds=sum(a["seconds"] for a in chunk.attacks))
            self._tell(name, len(parts), len(indices), known)
        self.group.wait()
        done = [load_chunk(self.folder / name, number) for number in range(len(parts))]
        whole = [chunk for chunk in done if chunk is not None]
        return [r for chunk in whole for r in chunk.samples], totals([chunk.attacks for chunk in whole])

    def _tell(self, name: str, parts: int, total: int, known: dict[int, tuple[int, int, int]]) -> None:
        """Report what all processes have done so far, each chunk read once."""
        if self.progress is None or name != "chunks":
            return
        for number in set(range(parts)) - known.keys():
            chunk = load_chunk(self.folder / name, number)
            if chunk is not None:
                right = sum(r["clean"] == r["label"] for r in chunk.samples)
                known[number] = (len(chunk.samples), right, sum(map(stands, chunk.samples)))
        done, right, standing = (sum(column) for column in zip(*known.values(), strict=True))
        self.progress(done, total, right, standing)

    def evidence(
        self, samples: Sequence[Record], seen: Examination, names: Sequence[str] = tuple(TESTS), name: str = "evidence"
    ) -> tuple[list[Record], Tensor]:
        """Run tests on a few standing samples; return what they came to, and the samples' indices."""
        standing = torch.tensor([r["index"] for r in samples if stands(r)], dtype=torch.int64)
        few = chosen(standing) if not seen.paid else standing[:0]
        if len(few) == 0:
            return [], few
        x, y = self.data.take(few)
        seed = self.work.seed if name == "evidence" else child_seed(self.work.seed, name)
        case = Case(x, y, seen.victim, seen.box, self.work.threat, self.data, seen.classes, seed)
        for place in self.group.mine(len(names)):
            path = self.folder / name / f"{names[place]}.json"
            if not path.exists():
                found = run_test(names[place], case)
                write_json(path, found)
                self.log(name, name=names[place], says=found["says"])
        self.group.wait()
        return [read_json(self.folder / name / f"{each}.json") for each in names], few

    def more(
        self, samples: Sequence[Record], evidence: Sequence[Record], seen: Examination
    ) -> tuple[list[Record], list[Record]]:
        """Run on all that stand what broke too many of a few."""
        doubts = {each["name"] for each in evidence if each["doubtful"]}
        rows = torch.tensor([r["index"] for r in samples if stands(r)], dtype=torch.int64)
        records: dict[int, Record] = {}
        costs: list[Record] = []
        for name, victim, attacks in _answers(doubts, seen, self.work):
            left = rows[[index not in records or stands(records[index]) for index in rows.tolist()]]
            work = dataclasses.replace(self.work, victim=victim, attacks=attacks)
            found, cost = self.chunks(f"more-{name}", left, work)
            records |= {r["index"]: r for r in found}
            costs += cost
        return list(records.values()), costs


def _answers(doubts: set[str], seen: Examination, work: Work) -> list[tuple[str, Any, tuple[Attack, ...]]]:
    """Return what each doubt asks for: more steps for those, queries for whatever beat the gradients."""
    norm, answers = work.threat.name(), []
    if "more_steps" in doubts and seen.victim is not None and norm != "l0":
        answers.append(("steps", seen.victim, tuple(parse_as(Attack, text) for text in MORE_STEPS)))
    if doubts - {"more_steps"} and seen.victim is not None and norm in QUERIES[seen.box.access]:
        answers.append(("queries", seen.box, attacks_of("fast", work.threat, seen.box.access)))
    return answers


def merged(samples: Sequence[Record], more: Sequence[Record]) -> list[Record]:
    """Return the records, with what later phases broke put in: the worst case of every sample (T38)."""
    broken = {r["index"]: r for r in more if r["broken_by"] is not None}
    return [broken.get(r["index"], r) if stands(r) else r for r in samples]


def fallen(samples: Sequence[Record], evidence: Sequence[Record], few: Tensor) -> list[Record]:
    """Return records of the samples that the evidence broke, by the test that did it first."""
    known = {r["index"]: r for r in samples}
    records: dict[int, Record] = {}
    for each in evidence:
        for row in each["broken"]:
            index = int(few[row])
            told = {"broken_by": each["name"], "becomes": None, "confidence": None, "distance": None}
            records.setdefault(index, known[index] | told)
    return list(records.values())
