"""A classifier is trained once, kept with its accuracy, and taken up again only for the same data."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.modes.problems import _digits
from sparring.modes.problems._digits import digits_of


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds of picture, bright above and bright below."""
    pixels = torch.zeros(80, 1, 28, 28, dtype=torch.uint8)
    pixels[::2, :, :14], pixels[1::2, :, 14:] = 200, 200
    data = Dataset(pixels, torch.arange(80) % 2)
    monkeypatch.setattr(_digits, "load_data", lambda text: data)


@pytest.mark.usefixtures("_tiny")
def test_it_is_trained_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = digits_of("tiny", tmp_path, epochs=10)
    assert found.accuracy > 0.9
    monkeypatch.setattr(_digits, "fit", None)
    again = digits_of("tiny", tmp_path)
    x = torch.rand(9, 1, 28, 28)
    assert again.accuracy == found.accuracy
    assert torch.equal(again.name(x), found.name(x))


@pytest.mark.usefixtures("_tiny")
def test_one_of_other_data_is_refused(tmp_path: Path) -> None:
    digits_of("tiny", tmp_path, epochs=1)
    path = tmp_path / "classifier-tiny.safetensors"
    save_file(load_file(path), path, {"about": '{"data": "0", "accuracy": 1.0}'})
    with pytest.raises(InputError, match="got one of other data"):
        digits_of("tiny", tmp_path)
