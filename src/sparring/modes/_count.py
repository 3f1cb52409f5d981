"""The modes of samples that anybody made, beside those of as many real ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from sparring.core.seeds import child_seed
from sparring.modes._floor import kl_floor
from sparring.modes._measures import ModeFigures, mode_figures
from sparring.modes.problems import Problem
from sparring.registry import parse_as


@dataclass(frozen=True)
class Counted:
    """What samples say of the modes of a `problem`: their `figures`, those of as many real ones (`truth`), and the mean
    reverse KL of a perfect sampler of as many (`floor`).
    """

    problem: Problem
    figures: ModeFigures
    truth: ModeFigures
    floor: float


def count_modes(x: Tensor, problem: str | Problem, *, folder: Path | None = None, seed: int = 0) -> Counted:
    """Return which modes samples (n, *shape) reach, in the problem's own units: points as they are, pictures in [0, 1].

    `folder` is where a classifier that names modes is kept, or trained to on first use; without one it is trained at
    every call. `seed` draws the real samples.

    Raises: InputError for samples of another shape.

    Cost: one distance to each center a sample, or one forward of the classifier a channel.

    >>> from sparring.modes.problems.ring import Ring
    >>> found = count_modes(Ring().draw(1000)[0][:, :1].expand(-1, 2), "ring")
    >>> found.figures.captured, found.truth.captured
    (2, 8)
    """
    unit = parse_as(Problem, problem) if isinstance(problem, str) else problem
    judge = unit.judge(folder)
    own, real = judge(x), judge(unit.draw(len(x), child_seed(seed, "truth"))[0])
    return Counted(
        unit, mode_figures(own, unit.modes, seed), mode_figures(real, unit.modes, seed), kl_floor(unit.modes, len(x))
    )
