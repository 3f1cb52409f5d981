"""Models that are not torch modules, by the text of --model."""

import sys

import pytest
import torch

import sparring
from sparring.errors import InputError
from sparring.models import load_model

SOURCE = """
import numpy as np
import torch
from sparring.victims.black_box import BlackBox

def soft(x):
    return torch.stack([x.mean((1, 2, 3)), x[:, 0, 0].mean(1)], 1)

def scores(x):
    return np.stack([x.mean((1, 2, 3)), x[:, 0, 0].mean(1)], 1)

def rows(x):
    return [[float(image.mean()), float(image[0, 0].mean())] for image in x]

def labels(x: np.ndarray):
    assert isinstance(x, np.ndarray)
    return (x.mean((1, 2, 3)) > 0.5).astype(int)

def make_labels():
    return labels

def box():
    return BlackBox(labels, "decision", classes=2)

def forest():
    from sklearn.ensemble import RandomForestClassifier
    x, y = np.random.default_rng(0).random((50, 16)), np.arange(50) % 2
    return RandomForestClassifier(3, random_state=0).fit(x, y)

def unfitted():
    from sklearn.svm import SVC
    return SVC()

def broken(x):
    raise OSError("no license")
"""
X = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "foreign.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize(
    ("name", "access"),
    [
        ("soft", "gradient"),
        ("scores", "scores"),
        ("rows", "scores"),
        ("labels", "decision"),
        ("make_labels", "decision"),
        ("box", "decision"),
        ("forest", "scores"),
    ],
)
def test_what_a_callable_shows_is_found_out(file, name, access):
    model = load_model(f"{file}:{name}", input_shape=(1, 4, 4), classes=["dark", "light"])
    assert model.access == access
    assert model.checksum
    victim = model.victim()
    assert victim.access == access
    with victim.frozen():
        said = victim.answer(X)
    assert said.shape == (6, 2)
    if access == "decision":
        assert torch.equal(said.argmax(1), (X.mean((1, 2, 3)) > 0.5).long())


def test_until_its_input_is_known_a_callable_is_taken_for_a_network(file):
    model = load_model(f"{file}:labels")
    assert model.access == "gradient"
    assert load_model(model, input_shape=(1, 4, 4)).access == "decision"


def test_a_gradient_attack_on_numpy_is_refused_by_name(file):
    model = load_model(f"{file}:scores", input_shape=(1, 4, 4))
    with pytest.raises(InputError, match="expected a victim that gives its gradient for pgd, got scores only"):
        sparring.attack(model.victim(), X, threat="linf(0.1)")


@pytest.mark.parametrize(
    ("name", "words"),
    [("unfitted", "got SVC without classes_: call its fit first"), ("broken", "got an error from it: no license")],
)
def test_what_goes_wrong_is_told_in_one_line(file, name, words):
    with pytest.raises(InputError, match=words):
        load_model(f"{file}:{name}", input_shape=(1, 4, 4))
