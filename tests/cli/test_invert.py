"""`sparring invert`: codes that give the images back, and the errors beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import sparring.data
from sparring.cli._app import run
from sparring.core.levels import to_bytes
from sparring.data import write_png
from sparring.gan import generate
from sparring.train import load_encoder, load_generator


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_pictures_arrays_and_data_sets_together(gan_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = load_generator(gan_run)
    made = to_bytes(generate(generator, 3, seed=9))
    write_png("a.png", made[0])
    np.savez("b.npz", images=made[1:].numpy())
    words = ["invert", str(gan_run), "a.png", "b.npz", "digits:test", "--n", "2", "--out", "o", "--quiet"]
    assert run(words) == 0
    printed = capsys.readouterr().out
    tensors = load_file("o/codes.safetensors")
    assert tensors["codes"].shape == (5, generator.latent)
    assert (tensors["error"][:3] < 1e-3).all()
    again = generate(generator, 3, z=tensors["codes"][:3])
    assert (again - made / 255).square().flatten(1).mean(1).tolist() == pytest.approx(
        tensors["error"][:3].tolist(), abs=1e-6
    )
    records = json.loads(Path("o/result.json").read_text())["images"]
    assert [record["image"] for record in records] == ["a.png", "b.npz", "b.npz", "digits:test", "digits:test"]
    for record, error in zip(records, tensors["error"].tolist(), strict=True):
        assert record["error"] == pytest.approx(error)
        assert record["error"] < record["random"]
        assert record["real"] > 0
    mean = tensors["error"].mean().item()
    assert f"error {mean:.4f}, nearest random sample" in printed
    assert "nearest training image" in printed
    with Image.open("o/reconstructions.png") as sheet:
        assert sheet.size == (5 * 66 - 2, 4 * 66 - 2)


def test_pictures_of_another_size_are_brought_to_the_generators(gan_run: Path) -> None:
    write_png("large.png", torch.full((3, 20, 20), 128, dtype=torch.uint8))
    options = ["--steps", "5", "--features", "0.1", "--quiet"]
    assert run(["invert", str(gan_run), "large.png", *options]) == 0
    (folder,) = Path("runs").iterdir()
    assert load_file(folder / "codes.safetensors")["codes"].shape[0] == 1


def test_a_conditional_generator_tells_the_class(conditional_run: Path) -> None:
    generator = load_generator(conditional_run)
    write_png("seven.png", to_bytes(generate(generator, 1, seed=2, labels=torch.tensor([7])))[0])
    assert run(["invert", str(conditional_run), "seven.png", "--out", "o", "--quiet", "--starts", "8"]) == 0
    record = json.loads(Path("o/result.json").read_text())["images"][0]
    assert record["class"] == load_file("o/codes.safetensors")["labels"].item()
    assert record["error"] < record["random"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nowhere.png"], "nothing is there"),
        (["digits:test", "--starts", "0"], "1 <= starts <= tries"),
        (["digits:test", "--n", "0"], "positive number of samples"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    words: list[str], line: str, gan_run: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["invert", str(gan_run), *words, "--quiet"]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
    assert not [path for path in here.rglob("*") if path.is_file()]
    assert not list(here.glob("runs/*"))


def test_where_an_encoder_was_learned_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    """Its code is begun from, and its own error told beside that of the descent."""
    options = ["--n", "3", "--steps", "5", "--tries", "20", "--out", "o", "--quiet"]
    sparring.train("veegan(nets=dense(latent=4, hidden=(16,)), batch_size=32)", "digits:train", images=320, out="r")
    assert run(["invert", "r", "digits:test", *options]) == 0
    printed = capsys.readouterr().out
    encoder, generator = load_encoder("r"), load_generator("r")
    x = sparring.data.load_data("digits:test")
    x = x.images(x.subset(3, 0))
    alone = (generate(generator, 3, z=encoder(x)) - x).square().flatten(1).mean(1)
    records = json.loads(Path("o/result.json").read_text())["images"]
    assert [record["encoder"] for record in records] == pytest.approx(alone.tolist(), rel=1e-4)
    assert all(record["error"] <= record["encoder"] for record in records)
    assert f"error of the encoder alone {alone.mean().item():.4f}" in printed
    with Image.open("o/reconstructions.png") as sheet:
        assert sheet.size == (3 * 66 - 2, 5 * 66 - 2)
