"""A classifier is trained once, kept with its accuracy, and taken up again only for the same data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
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
@pytest.mark.parametrize("other", [{"data": "0"}, {"net": "cnn"}])
def test_another_net_or_one_of_other_data_is_refused(other: dict[str, str], tmp_path: Path) -> None:
    digits_of("tiny", tmp_path, epochs=1)
    path = tmp_path / "classifier-tiny.safetensors"
    with safe_open(str(path), "pt") as file:
        kept = json.loads(file.metadata()["about"])
    save_file(load_file(path), path, {"about": json.dumps(kept | other)})
    with pytest.raises(InputError, match="got another net or other data"):
        digits_of("tiny", tmp_path)


@pytest.mark.parametrize(("n", "epochs"), [(4000, 12), (60_000, 3), (8000, 6)])
def test_the_more_pictures_the_fewer_epochs(n: int, epochs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    few = Dataset(torch.zeros(1, 1, 28, 28, dtype=torch.uint8).expand(n, -1, -1, -1), torch.arange(n) % 2)
    monkeypatch.setattr(_digits, "load_data", lambda text: few)
    monkeypatch.setattr(_digits, "fit", lambda net, data, epochs: asked.append(epochs))
    monkeypatch.setattr(_digits, "accuracy", lambda net, data: 1.0)
    digits_of("tiny", None)
    assert asked == [epochs]
