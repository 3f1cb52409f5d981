"""The generators that are kept: the best of all looks so far, by the figure on held-out images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from sparring.core.runs import write_atomic
from sparring.core.tensors import stored
from sparring.errors import InputError
from sparring.games import Checkpoints, Table
from sparring.gan.game import GENERATOR

FOLDER = "checkpoints"
Record = dict[str, Any]
Tensors = dict[str, Tensor]


def best_rounds(records: Sequence[Record], keep: int, reach: int = 0) -> set[int]:
    """Return the rounds of the `keep` looks with the least figures; of equal ones the first.

    `reach`: a training may go back before so many of the last looks, and finds what it kept then.

    >>> looks = [{"round": i, "figure": x} for i, x in enumerate([3.0, 1.0, 2.0, 0.5])]
    >>> best_rounds(looks, 2), best_rounds(looks, 2, reach=1)
    ({1, 3}, {1, 2, 3})
    """
    found = set[int]()
    for cut in range(min(reach, len(records)) + 1):
        past = sorted(records[: len(records) - cut], key=lambda record: (record["figure"], record["round"]))
        found |= {int(record["round"]) for record in past[:keep]}
    return found


class Kept:
    """Generators in files of their own under `checkpoints/`, or in memory: the average, where there is one.

    Which are kept is a function of the log alone, so a run that was killed keeps the same. `label` names the figure.
    """

    def __init__(self, folder: Path | None, keep: int, reach: int, label: str, *, writes: bool) -> None:
        self._folder, self._keep, self._reach, self._label, self._writes = folder, keep, reach, label, writes
        self._memory: dict[int, Tensors] = {}
        self._told: list[Record] = []

    def take(self, table: Table, figures: dict[str, float]) -> None:
        """Keep the generator of this moment if it is among the best, and drop what no longer is."""
        if self._folder is not None and not self._writes:
            return
        record = {"round": table.round, "images": table.images, **figures}
        records = [*self._records(table.round - 1), record]
        rounds = best_rounds(records, self._keep, self._reach)
        if self._folder is None:
            self._told = records
            self._memory = {key: value for key, value in self._memory.items() if key in rounds}
            if table.round in rounds:
                self._memory[table.round] = weights(table)
        elif self._writes:
            names = {self._name(each) for each in records if each["round"] in rounds}
            if table.round in rounds:
                content = save_tensors(weights(table), {self._label: repr(figures["figure"])})
                write_atomic(self._folder / FOLDER / self._name(record), content)
            self._drop_but(names)

    def finish(self, round_: int) -> None:
        """Keep the best alone: a run that is over goes back no more."""
        if self._folder is not None and self._writes:
            self._drop_but({Path(each["file"]).name for each in self.told(round_)})

    def _drop_but(self, names: set[str]) -> None:
        assert self._folder is not None
        for path in (self._folder / FOLDER).glob("*.safetensors"):
            if path.name not in names:
                path.unlink()

    def told(self, round_: int) -> list[Record]:
        """Return the best looks up to a round, of those that are still there, in order, each with its file."""
        records = [record for record in self._records(round_) if self._is_there(record)]
        rounds = best_rounds(records, self._keep)
        best = sorted((each for each in records if each["round"] in rounds), key=lambda r: (r["figure"], r["round"]))
        return [
            {key: each[key] for key in ("round", "images", "figure", "noise")}
            | ({} if self._folder is None else {"file": f"{FOLDER}/{self._name(each)}"})
            for each in best
        ]

    def best(self, round_: int) -> Tensors:
        """Return the weights of the best look up to a round."""
        first = self.told(round_)[0]
        if self._folder is None:
            return self._memory[int(first["round"])]
        return load_tensors((self._folder / first["file"]).read_bytes())

    def _records(self, round_: int) -> list[Record]:
        told = self._told
        if self._folder is not None:
            told = Checkpoints(self._folder, writes=False).history("evaluate")
        return [record for record in told if "figure" in record and record["round"] <= round_]

    def _is_there(self, record: Record) -> bool:
        if self._folder is None:
            return int(record["round"]) in self._memory
        return (self._folder / FOLDER / self._name(record)).exists()

    def _name(self, record: Record) -> str:
        figure = self._label.replace("[", "-").replace("]", "")
        return f"{int(record['images']):010d}-{figure}-{record['figure']:.4g}.safetensors"


def weights(table: Table) -> Tensors:
    """Return a copy of what samples come from: the average of the generator's weights, where there is one."""
    player = table.players[GENERATOR]
    module: nn.Module = player.module if player.average is None else player.average.module
    return stored(module)


def best_file(folder: Path) -> Path | None:
    """Return the file of the best generator that was kept so far, if there is one."""
    found: list[tuple[float, Path]] = []
    for path in sorted((folder / FOLDER).glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            found += [(float(value), path) for value in file.metadata().values()]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def kept_file(folder: Path, images: int) -> Path:
    """Return the file of the generator that was kept after so many images.

    Raises: InputError that names those that were.
    """
    paths = sorted((folder / FOLDER).glob("*.safetensors"))
    known = {int(path.name.partition("-")[0]): path for path in paths}
    if images not in known:
        had = ", ".join(map(str, known)) or "none"
        raise InputError(f"expected best, last, or the images of a generator that {folder} kept ({had}), got {images}")
    return known[images]
