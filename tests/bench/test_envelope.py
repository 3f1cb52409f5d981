"""Stored envelopes: whole, made for what they say, only ever lowered."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, safe_open, save_file

from sparring.bench._envelope import FOLDER, MOST, read_envelope, sample_checksum, write_envelope
from sparring.bench.problems import problem
from sparring.errors import InputError

DIGITS = problem("digits-linear")


@pytest.mark.slow
def test_every_stored_envelope_is_what_it_says() -> None:
    """Checksums of weights, samples and distances hold, and the net is right on every sample."""
    names = sorted(path.stem for path in FOLDER.glob("*.safetensors"))
    assert names == ["digits-linear", "mnist-cnn"]
    for name in names:
        stored = read_envelope(problem(name))
        assert stored is not None
        assert len(stored.ready.x) == min(MOST, problem(name).most)
        assert torch.equal(stored.ready.net(stored.ready.x).argmax(1), stored.ready.y)
        assert sorted(stored.distances) == ["l0", "l1", "l2", "linf"]
        for distance in stored.distances.values():
            assert bool((torch.isfinite(distance) & (distance > 0)).all())
        assert stored.samples == sample_checksum(stored.ready.x, stored.ready.y)


def test_it_is_only_ever_lowered(tmp_path: Path) -> None:
    write_envelope(DIGITS, {"l2": torch.full((5,), 2.0)}, tmp_path)
    write_envelope(DIGITS, {"l2": torch.tensor([1.0, 3.0, torch.inf])}, tmp_path)
    stored = read_envelope(DIGITS, tmp_path)
    assert stored is not None
    assert stored.distances["l2"][:6].tolist() == [1, 2, 2, 2, 2, torch.inf]
    assert stored.first(2).distances["l2"].tolist() == [1, 2]
    assert len(stored.first(2).ready.x) == 2


@pytest.mark.parametrize(("key", "what"), [("net.1.bias", "model"), ("rows", "samples"), ("distance.l2", "distances")])
def test_a_file_made_for_something_else_is_refused(tmp_path: Path, key: str, what: str) -> None:
    """G8: whoever changes weights, samples or distances by hand has to change a checksum too."""
    path = write_envelope(DIGITS, {"l2": torch.full((5,), 2.0)}, tmp_path)
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
    tensors = load_file(path)
    tensors[key][0] += 1
    save_file(tensors, path, metadata=about)
    with pytest.raises(InputError, match=f"the {what} it was made for"):
        read_envelope(DIGITS, tmp_path)


def test_a_damaged_file_is_refused_and_none_is_none(tmp_path: Path) -> None:
    assert read_envelope(DIGITS, tmp_path) is None
    (tmp_path / "digits-linear.safetensors").write_bytes(b"no tensors")
    with pytest.raises(InputError, match="damaged"):
        read_envelope(DIGITS, tmp_path)
