"""Whatever holds samples becomes levels: runs, folders, arrays, tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sparring.data import Dataset, write_png
from sparring.errors import InputError
from sparring.evaluate import samples_of
from sparring.gan import generate
from sparring.train import load_generator

X = torch.randint(0, 256, (12, 1, 5, 7), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_a_run_is_asked_for_as_many_as_wanted(run: Path) -> None:
    """G21: the first five are the same whether five or nine are made."""
    nine = samples_of(run, 9, seed=3, shape=(1, 8, 8))
    assert nine.shape == (9, 1, 8, 8)
    assert nine.dtype == torch.uint8
    assert torch.equal(samples_of(str(run), 5, seed=3), nine[:5])
    assert not torch.equal(samples_of(run, 9, seed=4), nine)
    assert torch.equal(nine, (generate(load_generator(run), 9, seed=3) * 255).round().to(torch.uint8))


def test_folders_arrays_and_tensors_give_the_same(tmp_path: Path) -> None:
    for place, image in enumerate(X):
        write_png(tmp_path / "pictures" / f"{place:02d}.png", image)
    np.savez(tmp_path / "a.npz", images=X.numpy())
    np.save(tmp_path / "a.npy", X.numpy())
    np.save(tmp_path / "b.npy", X.numpy().astype(np.float32) / 255)
    for source in (tmp_path / "pictures", tmp_path / "a.npz", tmp_path / "a.npy", tmp_path / "b.npy"):
        assert torch.equal(samples_of(source, 100, shape=(1, 5, 7)), X), source
        assert len(samples_of(source, 4)) == 4
    for value in (X, X.float() / 255, Dataset(X)):
        assert torch.equal(samples_of(value, 100), X)


def test_some_of_many_are_drawn_by_seed() -> None:
    """Of samples sorted by class the first few would be one class."""
    four = samples_of(X, 4, seed=1)
    assert torch.equal(samples_of(X, 4, seed=1), four)
    assert not torch.equal(samples_of(X, 4, seed=2), four)


def test_what_holds_no_samples_is_refused(tmp_path: Path, run: Path) -> None:
    with pytest.raises(InputError, match="nothing is there"):
        samples_of(tmp_path / "nothing", 5)
    with pytest.raises(InputError, match="nothing there"):
        samples_of(tmp_path / "nothing.npy", 5)
    np.save(tmp_path / "object.npy", np.array([{}], dtype=object))
    with pytest.raises(InputError, match="plain array"):
        samples_of(tmp_path / "object.npy", 5)
    with pytest.raises(InputError, match=r"1x9x9 like the real images, got 1x5x7: --size"):
        samples_of(X, 5, shape=(1, 9, 9))
    with pytest.raises(InputError, match="n >= 1"):
        samples_of(run, 0)
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        samples_of(X.float(), 5)
