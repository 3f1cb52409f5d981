"""Callables as victims: what they may take and return, and what attacks may know of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import sparring
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.victims.base import OutOfQueries
from sparring.victims.black_box import BlackBox, as_scores
from sparring.victims.torch import TorchVictim

X = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0))


def scores_of(x: Tensor) -> Tensor:
    return torch.stack([x[:, 0, :2].mean((1, 2)), x[:, 0, 2:].mean((1, 2)), x.mean((1, 2, 3))], 1)


def in_numpy(x: Any) -> Any:
    if not isinstance(x, np.ndarray):
        raise TypeError("expected an array")
    return np.stack([x[:, 0, :2].mean((1, 2)), x[:, 0, 2:].mean((1, 2)), x.mean((1, 2, 3))], 1)


def annotated(x: NDArray[np.float32]) -> Any:
    assert isinstance(x, np.ndarray)
    return in_numpy(x)


@pytest.mark.parametrize("model", [scores_of, in_numpy, annotated, lambda x: scores_of(x).tolist(), nn.Flatten()])
def test_torch_numpy_and_lists_are_understood(model: Any) -> None:
    box = BlackBox(model)
    want = X.flatten(1) if isinstance(model, nn.Module) else scores_of(X)
    for _ in range(2):  # what it takes is remembered
        with box.frozen():
            torch.testing.assert_close(box.answer(X).float(), want)
    assert box.swift(X, want, exact=True) is box.model
    assert box.checks == 0


@pytest.mark.parametrize(
    "model",
    [
        lambda x: scores_of(x).argmax(1),
        lambda x: scores_of(x).argmax(1).numpy(),
        lambda x: scores_of(x).argmax(1).tolist(),
        lambda x: scores_of(x).argmax(1).double(),
        scores_of,  # scores are there, but shall not show
    ],
)
def test_labels_become_one_hot_rows(model: Any) -> None:
    said = BlackBox(model, "decision", classes=3).answer(X)
    assert said.dtype == torch.float32
    assert torch.equal(said, nn.functional.one_hot(scores_of(X).argmax(1), 3).float())


@pytest.mark.parametrize(
    ("answer", "access", "classes", "words"),
    [
        ([0, 1, 2, 0, 1], "scores", 3, "if they are labels, the access is 'decision'"),
        ([0, 1, 2, 0, 1], "decision", None, "expected the number of classes"),
        ([0, 1, 3, 0, 1], "decision", 3, r"expected labels in \[0, 2\] from the model, got 3"),
        ([0, -1, 2, 0, 1], "decision", 3, "got -1"),
        ([0.5] * 5, "decision", 3, r"expected labels in \[0, 2\] from the model, got 0.5"),
        ([[1.0]] * 5, "scores", None, r"got shape \(5, 1\)"),
        ([[1.0, 2.0]] * 4, "scores", None, r"got shape \(4, 2\)"),
        ([[1.0, float("nan")]] * 5, "decision", None, "expected finite scores"),
        (["cat"] * 5, "decision", 3, "from the model, got list"),
        (None, "scores", None, "from the model, got NoneType"),
    ],
)
def test_other_answers_are_told_in_one_line(answer: Any, access: Any, classes: int | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        BlackBox(lambda x: answer, access, classes, takes="torch").answer(X)


def test_an_error_inside_is_told_in_one_line() -> None:
    def broken(x: Any) -> Any:
        raise KeyError("weights")

    with pytest.raises(InputError, match=r"images of shape \(1, 4, 4\), got an error from it: 'weights'"):
        BlackBox(broken).answer(X)


def test_the_end_of_the_queries_passes_through() -> None:
    def empty(x: Any) -> Any:
        raise OutOfQueries("none left")

    with pytest.raises(OutOfQueries):
        BlackBox(empty).answer(X)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("text",), "got str"), ((scores_of, "gradient"), "got 'gradient'"), ((scores_of, "decision", 1), "got 1")],
)
def test_bad_arguments(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        BlackBox(*arguments)


def test_a_model_that_works_in_place_changes_no_image() -> None:
    x = X.clone()
    BlackBox(lambda z: z.mul_(0).flatten(1)).answer(x)
    BlackBox(lambda z: np.multiply(z, 0, out=z).reshape(5, -1), takes="numpy").answer(x)
    assert torch.equal(x, X)


def test_gradient_attacks_are_refused_before_a_query() -> None:
    """T33: what a black box cannot give is not asked for."""

    def never(x: Any) -> Any:
        raise AssertionError("queried")

    with pytest.raises(InputError, match="expected a victim that gives its gradient for pgd, got scores only"):
        sparring.attack(BlackBox(never), X, attack="pgd", threat="linf(0.1)")


class Darken(Attack):
    """Try ever darker images."""

    needs = "decision"

    def passes(self, classes: int) -> int:
        return 11

    def run(self, search: Any) -> None:
        for step in range(1, 11):
            search.logits(search.threat.project(search.x, search.x * (1 - step / 10)))


def bright(x: Tensor) -> Tensor:
    return (x.mean((1, 2, 3)) > 0.3).long()


def test_an_attack_on_labels_counts_every_query() -> None:
    """T36; and the success holds on the user's own model."""
    asked = 0

    def model(x: Tensor) -> Tensor:
        nonlocal asked
        asked += len(x)
        return bright(x)

    found = sparring.attack(BlackBox(model, "decision", classes=2), X, attack=Darken(), threat="linf(0.9)")
    assert bool(found.success.all())
    assert torch.equal(bright(found.images), 1 - bright(X))
    assert int(found.forwards.sum()) == asked
    assert int(found.backwards.sum()) == 0


def test_when_the_queries_end_what_was_found_stays() -> None:
    left = 5 + 5 * 3

    def model(x: Tensor) -> Tensor:
        nonlocal left
        if len(x) > left:
            raise OutOfQueries("none left")
        left -= len(x)
        return bright(x)

    x = X * torch.tensor([0.75, 0.8, 1.5, 1.5, 1.5]).view(-1, 1, 1, 1)
    victim = BlackBox(model, "decision", classes=2)
    found = sparring.attack(victim, x.clamp(0, 1), attack=Darken(), threat="linf(0.9)", batch_size=3)
    assert 0 < int(found.success.sum()) < 5
    assert int(found.forwards.sum()) == 20 - left
    left = 2
    with pytest.raises(InputError, match="expected queries for one look at every image, got none left"):
        sparring.attack(victim, x.clamp(0, 1), attack=Darken(), threat="linf(0.9)", batch_size=2)


def test_probabilities_are_fine_where_no_gradient_is_wanted() -> None:
    """T3 is about gradients."""
    found = sparring.attack(BlackBox(lambda x: scores_of(x).softmax(1)), X, attack=Darken(), threat="linf(0.1)")
    assert len(found) == 5


def test_a_torch_victim_is_not_a_black_box() -> None:
    assert TorchVictim(scores_of).access == "gradient"


def test_integer_scores_are_votes() -> None:
    assert as_scores(np.array([[1, 2]]), 1, None, labels=False).dtype == torch.float32
