"""`sparring bench attacks --budget N`: attacks ranked by optimality, on a fixed problem or a model of the user's."""

from __future__ import annotations

import dataclasses
import math
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from sparring.bench._attacks import absent_peers
from sparring.bench._envelope import Stored, make_stored, read_envelope, write_envelope
from sparring.bench._scorecard import Score, Scorecard, scorecard
from sparring.bench._scorecard_table import scorecard_table
from sparring.bench.peers import INSTALL
from sparring.bench.problems import Ready, problem, right_rows
from sparring.cli import _options as opt
from sparring.cli._bar import Bar
from sparring.core.runs import machine, new_run_dir, versions, write_json
from sparring.data import load_data
from sparring.errors import InputError
from sparring.models import align, load_model
from sparring.types import Scores

PROBLEM = "mnist-cnn"
"""The problem that is run when neither a problem nor a model is given."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What the options of the command say."""

    budget: int
    attacks: tuple[str, ...]
    problems: tuple[str, ...]
    model: str | None
    data: str | None
    n: int
    seed: int
    peers: bool
    update: bool
    out: Path | None
    quiet: bool


def run_scorecard(asked: Request) -> int:
    """Run the scorecard on each problem, print it and write it."""
    if (asked.model is None) != (asked.data is None):
        raise InputError("expected --model and --data together, got one of them: give both, or neither")
    if asked.model is not None and (asked.update or asked.problems):
        raise InputError("expected a --problem or a --model of yours, got both: envelopes are stored for problems only")
    wholes = {}
    for name in [None] if asked.model is not None else asked.problems or (PROBLEM,):
        made, envelopes = _own(asked) if name is None else _fixed(name, asked)
        what = str(asked.model) if name is None else name
        card = _run(asked, made, envelopes, what)
        wholes[what] = _record(card, made)
        print(scorecard_table(card, f"{what}, budget {asked.budget}", len(made.x)) + "\n")
        if asked.update and name is not None:
            print(f"envelope: {write_envelope(problem(name), card.distances)}")
    for library in absent_peers() if asked.peers else []:
        print(f"{library} is not installed, its rows are left out: {INSTALL[library]}", file=sys.stderr)
    folder = asked.out if asked.out is not None else new_run_dir("bench", "scorecard")
    about = {"command": opt.command_line(), "machine": machine(), "versions": versions(), "budget": asked.budget}
    write_json(folder / "result.json", {**about, "problems": wholes})
    print(f"result: {folder / 'result.json'}")
    return 0


def _fixed(name: str, asked: Request) -> tuple[Ready, dict[str, Scores]]:
    each = problem(name)
    stored: Stored = read_envelope(each) or make_stored(each)[0]
    if asked.n > len(stored.ready.x) and not asked.quiet:
        print(f"{name}: {len(stored.ready.x)} samples, as many as its envelope is for", file=sys.stderr)
    first = stored.first(asked.n)
    # To find a nearer envelope is not to be judged by it.
    return first.ready, first.distances


def _own(asked: Request) -> tuple[Ready, dict[str, Scores]]:
    data = load_data(str(asked.data))
    model = load_model(str(asked.model), input_shape=data.shape, classes=data.classes)
    if model.access != "gradient":
        raise InputError(f"expected a model with gradients for the scorecard, got one that gives its {model.access}")
    data = align(data, model.classes)
    if data.labels is None:
        raise InputError(f"expected data with labels, got none in {asked.data}: the attacks have to leave them")
    net = model.module.eval().requires_grad_(False)
    x, y = data.take(right_rows(net, data, asked.n, asked.seed))
    if len(x) == 0:
        raise InputError(f"expected samples that {asked.model} gets right, got none in {asked.data}")
    with torch.no_grad():
        classes = net(x[:1]).shape[1]
    return Ready(net, x, y, classes), {}


def _run(asked: Request, made: Ready, envelopes: dict[str, Scores], what: str) -> Scorecard:
    with ExitStack() as stack:
        bars: list[Bar] = []

        def progress(done: int, total: int, score: Score) -> None:
            if not bars:
                bars.append(stack.enter_context(Bar(f"scorecard of {what}", total, quiet=asked.quiet)))
            bars[0].advance(1, f"{score.norm} {score.attack} by {score.by}")

        return scorecard(
            made, budget=asked.budget, names=asked.attacks, envelopes=envelopes, peers=asked.peers, seed=asked.seed,
            progress=progress,
        )  # fmt: skip


def _record(card: Scorecard, made: Ready) -> dict[str, Any]:
    return {
        "samples": len(made.x),
        "stored envelopes": list(card.fixed),
        "scores": [{key: _plain(value) for key, value in dataclasses.asdict(score).items()} for score in card.scores],
        "least distances": {norm: [_plain(d) for d in least.tolist()] for norm, least in card.distances.items()},
    }


def _plain(value: Any) -> Any:
    """Write infinity as the word: JSON has no number for it."""
    return "inf" if isinstance(value, float) and math.isinf(value) else value
