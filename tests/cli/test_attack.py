"""`sparring attack` from end to end: what it writes is what it says."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from sparring.cli._app import run

ATTACK = ["attack", "picture.png", "pgd(steps=20)", "--model", "victim.py:build", "--quiet", "--out", "out"]


def test_t14_the_png_itself_is_adversarial_and_inside_the_ball(victim: Path) -> None:
    """T14: written, reloaded by other means, still class 1, still within the levels of ε."""
    assert run([*ATTACK, "--threat", "linf(14/255)", "--target", "1", "--valid", "8bit"]) == 0
    original = np.asarray(Image.open(victim / "picture.png")).astype(int)
    written = np.asarray(Image.open(victim / "out" / "adversarial.png")).astype(int)
    assert np.abs(written - original).max() <= 14
    x = torch.tensor(written / 255).flatten()
    left, right = (x.view(8, 8)[:, half].sum() for half in (slice(0, 4), slice(4, 8)))
    assert right > left
    result = json.loads((victim / "out" / "result.json").read_text())
    sample = result["samples"][0]
    assert sample["success"] is True
    assert (sample["png_class"], sample["png_levels"]) == (1, int(np.abs(written - original).max()))
    assert (np.asarray(Image.open(victim / "out" / "original.png")) == original).all()


def test_a_picture_too_far_is_said_to_be_not_fooled(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*ATTACK, "--threat", "linf(2/255)", "--target", "1"]) == 0
    assert "(not fooled)" in capsys.readouterr().out
    written = np.asarray(Image.open(victim / "out" / "adversarial.png"))
    assert (written == np.asarray(Image.open(victim / "picture.png"))).all()


def test_a_data_set_is_attacked_and_written_as_tensors(victim: Path) -> None:
    command = ["attack", "victim.py:data", "fgsm", "--model", "victim.py:build", "--threat", "linf(0.3)", "--quiet"]
    assert run([*command, "--n", "30", "--out", "out"]) == 0
    tensors = load_file(victim / "out" / "adversarials.safetensors")
    assert tensors["images"].shape == (30, 1, 8, 8)
    assert bool(tensors["success"].all())
    assert float((tensors["images"] - tensors["originals"]).abs().max()) <= 0.3 * (1 + 1e-6)


def test_samples_of_the_target_class_are_left_out(victim: Path) -> None:
    command = ["attack", "victim.py:data", "fgsm", "--model", "victim.py:build", "--threat", "linf(0.3)", "--quiet"]
    assert run([*command, "--target", "2", "--out", "out"]) == 0
    tensors = load_file(victim / "out" / "adversarials.safetensors")
    assert len(tensors["images"]) == 40
    assert not bool((tensors["labels"] == 2).any())


def test_a_directory_in_use_is_refused(victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (victim / "out").mkdir()
    (victim / "out" / "precious.txt").write_text("mine")
    assert run([*ATTACK, "--threat", "linf(0.1)"]) == 2
    assert "new or empty directory" in capsys.readouterr().err
    assert [path.name for path in (victim / "out").iterdir()] == ["precious.txt"]
