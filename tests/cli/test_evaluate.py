"""`sparring evaluate` from end to end: what it prints, what it leaves, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sparring.cli._app import run
from sparring.data import load_data


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    np.save("made.npy", load_data("digits:train").pixels[:120].numpy())
    (tmp_path / "runs").mkdir()
    return tmp_path


def test_tables_files_and_exit_code(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--features", "pixels", "--metrics", "fid", "--metrics", "precision_recall", "--metrics", "duplicates"]
    assert (
        run(["evaluate", "made.npy", "--against", "digits:test", *asked, "--n", "100", "--out", "ev", "--quiet"]) == 0
    )
    printed = capsys.readouterr().out
    result = json.loads((samples / "ev" / "result.json").read_text())
    rows = result["tables"][0]["rows"]
    line = next(line for line in printed.splitlines() if line.startswith("fid[pixels]"))
    assert [float(word) for word in line.split()[1:2] + line.split()[5:]] == pytest.approx(
        [row["figures"][0]["value"] for row in rows], rel=1e-3
    )
    assert "precision[pixels]" in printed
    assert "copies[phash]" in printed
    assert "100 images a row" in printed
    assert "note: what the generator was trained on is not known" in printed
    assert "report: ev/report.html" in printed
    page = (samples / "ev" / "report.html").read_text()
    assert "fid[pixels] is" in page
    assert page.count("data:image/png") == 1, "one grid"
    assert len(list((samples / "cache" / "features").iterdir())) == 3


def test_gray_and_size_can_be_asked_for(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("color.npz", images=np.zeros((40, 10, 10, 3), dtype=np.uint8))
    asked = ["--against", "digits:test", "--features", "pixels", "--metrics", "fid", "--no-cache", "--quiet"]
    assert run(["evaluate", "color.npz", *asked]) == 2
    assert "--size and --channels" in capsys.readouterr().err
    assert not list((samples / "runs").iterdir()), "wrong input leaves nothing"
    assert run(["evaluate", "color.npz", *asked, "--size", "8", "--channels", "1"]) == 0
    assert not (samples / "cache").exists()


def test_wrong_input(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "nothing", "--against", "digits:test", "--features", "pixels"]) == 2
    assert run(["evaluate", "made.npy", "--against", "digits:test", "--features", "pixles"]) == 2
    assert run(["evaluate", "made.npy", "--against", "digits:test", "--half", "best"]) == 2
    assert run(["evaluate", "made.npy"]) == 2
    assert capsys.readouterr().err.count("error: ") == 4
