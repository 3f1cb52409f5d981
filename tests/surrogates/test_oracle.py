"""The oracle's books against a victim that counts for itself: nothing twice, nothing beyond the limit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from sparring.surrogates import Oracle
from sparring.victims.base import OutOfQueries
from sparring.victims.black_box import BlackBox


class Counting:
    """Class 1 where an image is bright; every image it is shown is kept."""

    def __init__(self) -> None:
        self.seen: list[Tensor] = []

    def __call__(self, x: Tensor) -> Tensor:
        self.seen += list(x)
        return (x.flatten(1).mean(1) > 0.5).long()

    @property
    def victim(self) -> BlackBox:
        return BlackBox(self, "decision", classes=2)


def images(n: int, seed: int = 0) -> Tensor:
    return torch.rand(n, 1, 2, 2, generator=torch.Generator().manual_seed(seed))


def test_it_says_what_the_victim_says_and_asks_each_image_once() -> None:
    model, x = Counting(), images(7)
    oracle = Oracle(model.victim)
    twice = torch.cat([x, x[:3]])
    assert torch.equal(oracle(twice), (twice.flatten(1).mean(1) > 0.5).long())
    assert torch.equal(oracle(x), (x.flatten(1).mean(1) > 0.5).long())
    assert len(model.seen) == oracle.ledger.now.sent == oracle.ledger.now.answered == 7
    assert oracle.ledger.asked == 17
    assert oracle.ledger.cached == 10


def test_the_limit_is_hard_and_a_call_it_cannot_pay_for_asks_nothing() -> None:
    model, x = Counting(), images(12)
    oracle = Oracle(model.victim, limit=10)
    oracle(x[:8])
    assert oracle.affords(x) == 10
    assert oracle.affords(x[5:8]) == 3
    with pytest.raises(OutOfQueries, match="2 of max_queries = 10 left for 4 more"):
        oracle(x)
    assert len(model.seen) == 8
    oracle(x[:10])
    assert len(model.seen) == 10
    assert oracle.ledger.left() == 0


def test_another_process_with_the_same_folder_pays_for_nothing_again(tmp_path: Path) -> None:
    model, x = Counting(), images(9)
    Oracle(model.victim, limit=10, folder=tmp_path, identity="a")(x[:6])
    later = Oracle(model.victim, limit=10, folder=tmp_path, identity="a")
    assert later.ledger.left() == 4
    assert torch.equal(later(x), (x.flatten(1).mean(1) > 0.5).long())
    assert len(model.seen) == 9
    assert later.ledger.before.sent == 6
    assert later.ledger.now.sent == 3


def test_victims_do_not_share_their_answers(tmp_path: Path) -> None:
    x = images(4)
    one, other = Counting(), Counting()
    Oracle(one.victim, folder=tmp_path, identity="one")(x)
    Oracle(other.victim, folder=tmp_path, identity="other")(x)
    assert len(other.seen) == 4


def test_what_was_on_its_way_when_it_broke_counts_as_paid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that dies is lost: asked again, it is paid for again, and the limit counts both."""
    monkeypatch.setattr("sparring.surrogates._oracle.BATCH", 3)
    model, x = Counting(), images(9)

    def dying(z: Tensor) -> Tensor:
        if len(model.seen) == 6:
            raise KeyboardInterrupt
        return model(z)

    with pytest.raises(KeyboardInterrupt):
        Oracle(BlackBox(dying, "decision", classes=2), limit=20, folder=tmp_path)(x)
    later = Oracle(model.victim, limit=20, folder=tmp_path)
    assert later.ledger.before.lost == 3
    assert later.ledger.left() == 20 - 9
    later(x)
    assert len(model.seen) == 9  # the first six were not asked again
    assert later.ledger.left() == 20 - 12


def test_of_scores_only_the_highest_is_heard() -> None:
    def score(x: Tensor) -> Tensor:
        return torch.stack([x.flatten(1).mean(1), x.flatten(1).amax(1)], 1)

    x = images(5)
    assert torch.equal(Oracle(BlackBox(score, "scores"))(x), torch.ones(5, dtype=torch.int64))
