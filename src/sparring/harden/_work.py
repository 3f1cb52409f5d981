"""The trainings of one run: the one asked for, and those that it needs or is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from sparring.core.group import Group
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.defenses import Defense, Setting
from sparring.defenses.standard import Standard
from sparring.errors import InputError
from sparring.harden import _folder
from sparring.harden._recipe import Recipe
from sparring.harden._subject import Subject
from sparring.harden._train import Record, run
from sparring.threats import Threat

Progress = Callable[[str, Record], None]
"""Called with the phase (plain, teacher, train, audit before, audit after) and a record of what happened."""


@dataclass(frozen=True, eq=False)
class Work:
    """What the trainings of one run have in common."""

    who: Subject
    defense: Defense
    threat: Threat
    recipe: Recipe
    train: Dataset
    seed: int
    folder: Path | None
    group: Group
    device: torch.device
    progress: Progress | None

    def prepare(self) -> dict[str, Tensor]:
        """Return what the defense needs before its first round, made once."""
        kept = _folder.prepared(self.folder)
        if kept is not None:
            return kept
        start = self.who.start
        made = self.defense.prepare(
            Setting(
                start if start is not None else nn.Identity(),
                self.who.unit,
                self.train,
                len(self.train.classes),
                self.threat,
                self.seed,
                self.folder,
                self.plain,
                self.device,
            )
        )
        if self.group.rank == 0:
            _folder.save_prepared(self.folder, made)
        self.group.wait()
        return made

    def plain(self, temperature: float = 1.0) -> nn.Module:
        """Return the net trained on clean images alone: the undefended one, or a teacher at a temperature."""
        if self.who.unit is None or (self.who.start is not None and temperature == 1):
            if temperature != 1:
                raise InputError(f"expected an architecture for {self.defense}, got {self.who.text}")
            assert self.who.start is not None
            return self.who.start
        unit = self.who.unit if temperature == 1 else self.defense.unit(self.who.unit)
        name = "plain" if temperature == 1 else "teacher"
        seed = child_seed(self.seed, name)
        net = unit.build(self.train.shape, len(self.train.classes), seed=seed)
        where = None if self.folder is None else self.folder / name
        net, _ = run(
            net, Standard(temperature=temperature), self.train, None, self.threat, self.recipe, seed=seed, folder=where,
            group=self.group, device=self.device, progress=self.tell(name),
        )  # fmt: skip
        return net

    def tell(self, phase: str) -> Callable[[Record], None] | None:
        """Return what passes on the records of a phase."""
        progress = self.progress
        return None if progress is None else lambda record: progress(phase, record)

    def tell_audit(self, name: str) -> Callable[[int, int, int, int], None] | None:
        """Return what passes on how far an audit is."""
        tell = self.tell(f"audit {name}")
        if tell is None:
            return None
        return lambda done, of, right, left: tell({"round": done, "of": of, "right": right, "standing": left})
