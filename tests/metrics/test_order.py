"""A shuffle that belongs to the samples."""

from __future__ import annotations

import torch

from sparring.metrics import Seen
from sparring.metrics._order import shuffled

X = torch.arange(40, dtype=torch.uint8).view(40, 1, 1, 1)
SEEN = Seen(X.flatten(1).double(), None, X)


def test_whatever_order_they_come_in_they_leave_in_the_same() -> None:
    """G7."""
    wanted = X[shuffled(SEEN, 0, "a")]
    for seed in range(3):
        other = SEEN.take(torch.randperm(40, generator=torch.Generator().manual_seed(seed)))
        assert other.images is not None
        assert torch.equal(other.images[shuffled(other, 0, "a")], wanted)
    assert not torch.equal(X[shuffled(SEEN, 1, "a")], wanted)
    assert not torch.equal(X[shuffled(SEEN, 0, "b")], wanted)
    assert not torch.equal(X, wanted)


def test_copies_are_spread() -> None:
    """A memorizer's copies side by side would all fall into one split."""
    twice = Seen(torch.zeros(200, 1), None, torch.cat([X[:2].repeat(50, 1, 1, 1), X.repeat(3, 1, 1, 1)[:100]]))
    assert twice.images is not None
    order = twice.images[shuffled(twice, 0, "a")].flatten()
    for half in order.split(100):
        assert 15 < int((half == 0).sum()) < 38
