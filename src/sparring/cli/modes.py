"""`sparring modes`: which modes of known data samples reach, whoever made them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from sparring.bench.problems import cache_folder
from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._arrays import read_array
from sparring.core.runs import machine, versions, write_json
from sparring.core.seeds import child_seed
from sparring.errors import InputError
from sparring.evaluate._samples import samples_of
from sparring.modes import Counted, Problem, count_modes
from sparring.registry import parse_as


@app.command()
def modes(
    samples: Annotated[
        str,
        typer.Argument(
            help="FILE.npy or FILE.npz; of pictures also FOLDER or a training's run directory.  Points are in the "
            "problem's own units."
        ),
    ],
    problem: Annotated[str, typer.Option("--problem", help="ring, grid, diagonal, stacked.")],
    n: Annotated[
        int | None, typer.Option("--n", help="Samples, at most, drawn by the seed.  [default: as many as papers judge]")
    ] = None,
    seed: opt.Seed = 0,
    out: Annotated[Path | None, typer.Option("--out", help="A file for the result, as JSON.")] = None,
) -> int:
    """Count the modes that samples reach: how many, how evenly and how closely, beside as many real samples."""
    unit = parse_as(Problem, problem)
    found = count_modes(
        _read(samples, unit, unit.samples if n is None else n, seed), unit, folder=cache_folder(), seed=seed
    )
    print(f"{found.figures.n:,} samples of {unit.modes:,} modes of {unit}, seed {seed}")
    for row in [("", "samples", "truth"), *_rows(found)]:
        print(f"{row[0]:26} {row[1]:>10} {row[2]:>10}")
    if out is not None:
        spec = {"kind": "modes", "samples": samples, "problem": str(unit), "seed": seed, "floor": found.floor}
        told = {"figures": found.figures.record(), "truth": found.truth.record()}
        write_json(out, spec | told | {"versions": versions(), "machine": machine(), "command": opt.command_line()})
        print(f"result: {out}")
    return 0


def _read(source: str, problem: Problem, n: int, seed: int) -> Tensor:
    """Return at most n samples, in the problem's own units."""
    if len(problem.shape) == 3:
        return samples_of(source, n, seed, problem.shape).float() / 255
    if n < 1:
        raise InputError(f"expected n >= 1 samples, got {n}")
    x = read_array(Path(source)).float()
    if x.ndim != 2 or len(x) == 0 or x.shape[1:] != problem.shape or not bool(x.isfinite().all()):
        raise InputError(
            f"expected finite samples (n, {problem.shape[0]}) of {problem} in {source}, got {tuple(x.shape)}"
            f"{'' if bool(x.isfinite().all()) else ' with others'}"
        )
    return x[torch.randperm(len(x), generator=torch.Generator().manual_seed(child_seed(seed, "samples")))[:n]]


def _rows(found: Counted) -> list[tuple[str, str, str]]:
    """Return the name, the samples' figure and the truth's of each row."""
    both = found.figures, found.truth
    rows = {
        "modes": [f"{each.captured}" for each in both],
        "high quality": [f"{100 * each.quality:.1f} %" for each in both],
        "high quality, papers' rule": [
            "" if each.published is None else f"{100 * each.published:.1f} %" for each in both
        ],
        f"reverse KL, floor {found.floor:.4f}": [f"{each.kl:.4f}" for each in both],
        "covered": [f"{100 * each.covered:.1f} %" for each in both],
        "spread, in σ": ["" if each.spread is None else f"{each.spread:.2f}" for each in both],
        "modes by repeats": ["none" if math.isinf(each.support) else f"{each.support:.3g}" for each in both],
    }
    return [(name, own, real) for name, (own, real) in rows.items() if own or real]
