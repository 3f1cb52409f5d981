"""Functions in the user's own files."""

import sys

import pytest
import torch

from sparring.data import load_data
from sparring.data._code import find_in_code
from sparring.errors import InputError

SOURCE = """
import numpy as np
import torch
from dataclasses import dataclass
from sparring.data import Dataset

@dataclass
class Config:
    n: int = 3

def arrays():
    return np.zeros((Config().n, 2)), [0, 1, 2]

def named():
    return torch.zeros(2, 1, 4, 4), torch.tensor([0, 1]), ["cat", "dog"]

def whole():
    return Dataset(torch.zeros(2, 1, 4, 4), torch.tensor([0, 1]))

def wrong():
    return torch.zeros(3)

def outside():
    return np.full((2, 2), 7.0), [0, 1]

def fails():
    raise KeyError("lost")

size = 3
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


def test_what_a_function_may_return(file):
    assert load_data(f"{file}:arrays").labels.tolist() == [0, 1, 2]
    assert load_data(f"{file}:named").classes == ("cat", "dog")
    data = load_data(f"{file}:whole", size=8, channels=3)
    assert data.name == f"{file}:whole"
    assert data.shape == (3, 8, 8)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("array", "got 'array'; did you mean 'arrays'"),
        ("wrong", "to return a Dataset"),
        ("outside", "got 2 of 2 samples outside"),
        ("fails", "to run, got KeyError: 'lost'"),
        ("size", "expected a function at"),
    ],
)
def test_what_goes_wrong_in_it_is_one_line(file, name, words):
    with pytest.raises(InputError, match=words) as caught:
        load_data(f"{file}:{name}")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_one_that_does_not_import(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(InputError, match=r"expected a Python file at none\.py, got No such file"):
        load_data("none.py:f")
    (tmp_path / "bad.py").write_text("def f(:\n")
    with pytest.raises(InputError, match="to import, got SyntaxError"):
        load_data(f"{tmp_path}/bad.py:f")


def test_an_edited_file_is_read_again(file):
    first = find_in_code(f"{file}:size")
    assert find_in_code(f"{file}:size") == first
    file.write_text(SOURCE.replace("size = 3", "size = 4"))
    second = find_in_code(f"{file}:size")
    assert (first.value, second.value) == (3, 4)
    assert first.checksum != second.checksum


def test_neighbors_can_be_imported_and_shadow_nothing(file, monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (file.parent / "neighbor_of_mine.py").write_text("level = 0.5\n")
    (file.parent / "colorsys.py").write_text("raise RuntimeError('shadowed')\n")
    file.write_text(
        "import colorsys, torch\n"
        "def f():\n    from neighbor_of_mine import level\n    return torch.full((1, 2), level), [0]\n"
    )
    assert load_data(f"{file}:f").images().unique().tolist() == [0.5]
    assert torch.equal(load_data(f"{file}:f").labels, torch.tensor([0]))
