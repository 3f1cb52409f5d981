"""`sparring ivom`: one table of several runs, then the truth and the mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from sparring.cli._app import run
from sparring.data import load_data, write_png
from sparring.latent import ivom
from sparring.train import load_generator

FAST = ["--n", "3", "--steps", "5", "--tries", "20", "--own", "2", "--quiet"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_runs_the_truth_and_the_mean_stand_in_one_table(
    gan_run: Path, conditional_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ivom", str(gan_run), str(conditional_run), "--against", "digits:test", *FAST, "--out", "o"]) == 0
    printed = capsys.readouterr().out
    result = json.loads(Path("o/result.json").read_text())
    data = load_data("digits:test")
    x, real = data.images(data.subset(3, 0)), load_data("digits:train").images()
    given = {str(folder): load_generator(folder) for folder in (gan_run, conditional_run)}
    known = ivom(given, x, real, steps=5, tries=20, own=2)
    assert [row["name"] for row in result["rows"]] == [*given, "truth", "mean"]
    for row, exact in zip(result["rows"], known.rows, strict=True):
        assert row["errors"] == pytest.approx(exact.error.tolist())
        assert row["figures"][0]["value"] == pytest.approx(sum(row["errors"]) / 3)
        low, high = row["figures"][0]["interval"]
        (line,) = [line for line in printed.splitlines() if line.startswith(f"{row['name']} ")]
        assert f"{row['figures'][0]['value']:.4f}" in line
        assert f"{low:.4f} to {high:.4f}" in line
        assert f"{row['figures'][1]['value']:+.4f}" in line or row["name"] == "truth"
        assert f"{row['length']:.2f}" in line if row["length"] else row["name"] in ("truth", "mean")
    assert f"truth: the nearest other of {len(real):,} images of digits:train" in printed
    assert "not held out" not in printed
    assert "figures and pictures: o" in printed
    spec = json.loads(Path("o/spec.json").read_text())
    assert (spec["data"], spec["real"], spec["steps"], spec["seed"]) == ("digits:test", "digits:train", 5, 0)
    with Image.open("o/nearest.png") as sheet:
        assert sheet.size == (3 * 66 - 2, 4 * 66 - 2)


def test_images_that_were_trained_on_are_told(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """G40: three of the very images that the generator was trained on are no held-out ones."""
    assert run(["ivom", str(gan_run), "--against", "digits:train[:3]", *FAST]) == 0
    assert "note: 3 of the images are among these: not held out" in capsys.readouterr().out
    (folder,) = Path("runs").iterdir()
    assert json.loads((folder / "result.json").read_text())["seen"] == 3


def test_the_truth_can_be_looked_for_among_other_images(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place in range(2):
        write_png(f"real/{place}.png", torch.full((1, 8, 8), 100 + place, dtype=torch.uint8))
    words = ["ivom", str(gan_run), "--against", "digits:test", "--train", "real", *FAST, "--own", "0", "--out", "o"]
    assert run(words) == 0
    assert "truth: the nearest other of 2 images of real" in capsys.readouterr().out
    rows = json.loads(Path("o/result.json").read_text())["rows"]
    data = load_data("digits:test")
    x = data.images(data.subset(3, 0))
    apart = torch.stack([(x - level / 255).square().flatten(1).mean(1) for level in (100, 101)]).min(0).values
    assert [figure["name"] for figure in rows[0]["figures"]] == ["ivom", "ivom_over_truth"]
    assert rows[1]["errors"] == pytest.approx(apart.tolist(), rel=1e-4)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--against", "nowhere.npz"], "nothing is there"),
        (["--against", "digits:test", "--starts", "0"], "1 <= starts <= tries"),
        (["--against", "digits:test", "--own", "-1"], "own >= 0"),
        (["--against", "digits:test", "--n", "0"], "positive number of samples"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    words: list[str], line: str, gan_run: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ivom", str(gan_run), *words, "--quiet"]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not [path for path in here.rglob("*") if path.is_file()]
    assert not list(here.glob("runs/*"))


def test_runs_that_cannot_stand_in_one_table_are_refused(
    gan_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("generator.safetensors", "spec.json"):
        (other / name).write_bytes((gan_run / name).read_bytes())
    spec = json.loads((other / "spec.json").read_text())
    (other / "spec.json").write_text(json.dumps(spec | {"data_checksum": "another"}))
    assert run(["ivom", str(gan_run), "other", "--against", "digits:test", *FAST]) == 2
    assert "trained on the same data" in capsys.readouterr().err
    assert run(["ivom", "other", "--against", "digits:test", *FAST]) == 2
    assert "got none that are the same: give --train" in capsys.readouterr().err
    assert run(["ivom", str(gan_run), str(gan_run), "--against", "digits:test", *FAST]) == 2
    assert "expected different runs" in capsys.readouterr().err
    assert not Path("runs").exists()
