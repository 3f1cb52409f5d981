"""`sparring information`: two files in, nats out, one line for bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sparring.cli._app import run

QUICK = ["--bridges", "1", "--steps", "40", "--batch-size", "64", "--width", "8", "--lr", "0.02", "--quiet"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    x = draw.normal(size=(800, 1))
    np.save("x.npy", x)
    np.savez("y.npz", y=x + 0.3 * draw.normal(size=(800, 1)))


def test_it_prints_the_figure_and_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["information", "x.npy", "y.npz", *QUICK, "--out", "told.json"]) == 0
    printed = capsys.readouterr().out
    assert "800 pairs, 160 of them held out, plain MINE, seed 0" in printed
    told = json.loads(Path("told.json").read_text())
    assert re.search(rf"information {told['nats']:.3f} nats", printed)
    assert told["nats"] > 0.5
    assert (told["steps"], told["n"], len(told["terms"])) == (40, 160, 1)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["x.npy", "nowhere.npy"], "nowhere.npy that does not load"), (["x.npy", "two.npz"], "two.npz with a, b"),
        (["x.npy", "short.npy"], "as many rows of x and y, at least 200, got 800 and 3"),
        (["x.npy", "code.npy"], "code.npy that does not load"), (["x.npy", "y.npz", "--steps", "1"], "steps >= 20"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that would run code when it is loaded is not loaded."""
    np.savez("two.npz", a=np.zeros(3), b=np.zeros(3))
    np.save("short.npy", np.zeros((3, 1)))
    np.save("code.npy", np.array([{"an": "object"}], dtype=object), allow_pickle=True)
    assert run(["information", *words, "--quiet"]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
