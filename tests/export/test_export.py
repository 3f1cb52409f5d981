"""The folder works on its own: what it says of itself runs, and is true."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from sparring.errors import InputError
from sparring.export import export
from sparring.gan import generate
from sparring.train import load_generator


def test_the_folder_loads_as_the_run_does(exported, gan_run: Path) -> None:
    assert set(exported.files) == {path.name for path in exported.folder.iterdir()}
    assert {"generator.safetensors", "generator.onnx", "README.md", "samples.png", "spec.json"} <= set(exported.files)
    assert exported.apart < 1e-5
    one, two = (generate(load_generator(folder), 5) for folder in (gan_run, exported.folder))
    assert torch.equal(one, two)


def test_without_onnx_it_asks_for_nothing_more(gan_run: Path, tmp_path: Path) -> None:
    found = export(gan_run, tmp_path / "out", onnx=False)
    assert found.apart is None
    assert "generator.onnx" not in found.files
    assert "onnxruntime" not in (tmp_path / "out" / "README.md").read_text()


def test_a_report_goes_along_and_a_training_that_goes_on_says_so(gan_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in ("spec.json", "last.pt"):
        (run / name).write_bytes((gan_run / name).read_bytes())
    (run / "report.html").write_text("<p>curves</p>")
    found = export(run, tmp_path / "out", onnx=False)
    assert (found.folder / "report.html").read_text() == "<p>curves</p>"
    assert "the training has not ended" in (found.folder / "README.md").read_text()


def test_a_run_directory_is_not_written_over(gan_run: Path) -> None:
    before = (gan_run / "spec.json").read_bytes()
    with pytest.raises(InputError, match="a folder of its own"):
        export(gan_run, gan_run)
    assert (gan_run / "spec.json").read_bytes() == before


def test_nothing_is_written_where_the_two_disagree(
    gan_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparring.export._export.to_onnx", lambda generator: b"")
    monkeypatch.setattr("sparring.export._export.onnx_apart", lambda generator, file: float("nan"))
    with pytest.raises(InputError, match="leave ONNX out"):
        export(gan_run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_training_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text(json.dumps({"kind": "audit"}))
    with pytest.raises(InputError, match="one of `sparring audit`"):
        export(tmp_path, tmp_path / "out")
