"""Fashion-MNIST from idx files."""

import gzip
from pathlib import Path

import pytest
import torch

from sparring.data import load_data
from sparring.data.fashion_mnist import FOLDER, VARIABLE
from sparring.errors import InputError


def write_idx(folder, stem, pixels, labels):
    for name, tensor in ((f"{stem}-images-idx3-ubyte.gz", pixels), (f"{stem}-labels-idx1-ubyte.gz", labels)):
        header = bytes((0, 0, 8, tensor.ndim)) + b"".join(side.to_bytes(4, "big") for side in tensor.shape)
        (folder / name).write_bytes(gzip.compress(header + bytes(tensor.flatten().tolist())))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    write_idx(tmp_path, "t10k", torch.arange(12, dtype=torch.uint8).view(2, 2, 3), torch.tensor([9, 3]))
    return tmp_path


def test_idx_files_are_read_as_they_lie(folder):
    data = load_data("fashion-mnist")
    assert data.name == "fashion-mnist:test"  # the part that is loaded is said
    assert data.pixels.tolist() == [[[[0, 1, 2], [3, 4, 5]]], [[[6, 7, 8], [9, 10, 11]]]]
    assert [data.classes[label] for label in data.labels] == ["Ankle boot", "Dress"]


def test_missing_files_name_the_package(folder):
    with pytest.raises(InputError, match="apt-get install dataset-fashion-mnist"):
        load_data("fashion-mnist:train")


@pytest.mark.parametrize("content", [b"", b"plain", gzip.compress(b"\0\0\x08\x03" + bytes(20), mtime=0), "cut"])
def test_damaged_files_are_named(folder, content):
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9] if content == "cut" else content)
    with pytest.raises(InputError, match=r"t10k-images-idx3-ubyte\.gz, got"):
        load_data("fashion-mnist")


def test_the_real_set_where_it_is_installed(monkeypatch):
    """Where Debian's package is missing, the error that names it is what is tested."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if not Path(FOLDER).is_dir():
        with pytest.raises(InputError, match=FOLDER):
            load_data("fashion-mnist:test")
        return
    data = load_data("fashion-mnist:test")
    assert data.labels.bincount().tolist() == [1000] * 10
    assert data.shape == (1, 28, 28)
    assert 0.28 < data.images(slice(0, 2000)).mean() < 0.29  # the set's known mean is 0.286
