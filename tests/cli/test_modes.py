"""`sparring modes`: samples in, figures beside the truth out, one line for bad input."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sparring.cli._app import run
from sparring.modes.problems._digits import Digits
from sparring.modes.problems.ring import Ring
from sparring.modes.problems.stacked import Channels, Stacked


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    x, modes = Ring().draw(900)
    np.save("half.npy", x[modes < 4].numpy())
    np.save("text.npy", np.array(["a"]))
    np.save("bad.npy", np.full((4, 2), np.nan))
    return tmp_path


def test_modes_are_counted_beside_the_truth_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["modes", "half.npy", "--problem", "ring", "--n", "400", "--out", "told.json"]) == 0
    printed = capsys.readouterr().out
    assert "400 samples of 8 modes of ring, seed 0" in printed
    assert "modes" in printed
    told = json.loads(Path("told.json").read_text())
    assert (told["figures"]["captured"], told["truth"]["captured"]) == (4, 8)
    assert told["figures"]["kl"] == pytest.approx(0.70, abs=0.02), "half of the modes: ln 2 and a floor"
    assert f"{told['figures']['kl']:.4f}" in printed
    assert "papers" not in printed, "they have the same rule here"


def test_pictures_are_named_by_a_classifier_that_is_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    x, _ = Stacked().draw(60)
    np.save("triples.npy", (x * 255).byte().numpy())
    asked: list[Path | None] = []

    class Seven(nn.Module):
        """Whatever it sees is a seven."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.one_hot(torch.full((len(x),), 7), 10).float()

    def judge(_: Stacked, folder: Path | None = None) -> Channels:
        asked.append(folder)
        return Channels(Digits(Seven(), 1.0))

    monkeypatch.setattr(Stacked, "judge", judge)
    assert run(["modes", "triples.npy", "--problem", "stacked", "--out", "told.json"]) == 0
    assert "60 samples of 1,000 modes of stacked" in capsys.readouterr().out
    assert asked == [here / "cache" / "bench"]
    figures = json.loads(Path("told.json").read_text())["figures"]
    assert (figures["n"], figures["captured"]) == (60, 1)
    assert figures["kl"] == pytest.approx(math.log(1000)), "all in one of a thousand"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["half.npy", "--problem", "rong"], "did you mean 'ring'"),
        (["half.npy", "--problem", "diagonal"], "expected finite samples (n, 1200) of diagonal in half.npy, got ("),
        (["bad.npy", "--problem", "ring"], "got (4, 2) with others"),
        (["text.npy", "--problem", "ring"], "text.npy that does not load"),
        (["nowhere.npy", "--problem", "ring"], "nowhere.npy that does not load"),
        (["half.npy", "--problem", "ring", "--n", "0"], "expected n >= 1"),
    ],
)
def test_bad_input_is_one_line(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["modes", *words]) == 2
    told = capsys.readouterr().err
    assert line in told
    assert len(told.splitlines()) == 1
