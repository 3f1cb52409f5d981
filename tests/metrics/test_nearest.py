"""Neighbors in blocks are those of all distances at once; what is the same is at exactly 0."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics import _nearest
from sparring.metrics._nearest import nearest, radii, squared_distances

G = torch.Generator().manual_seed(0)
X, Y = torch.randn(53, 6, generator=G).double(), torch.randn(31, 6, generator=G).double()


def test_blocks_join_to_all_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = torch.cat([block for _, block in squared_distances(X, Y)])
    assert torch.allclose(whole, torch.cdist(X, Y).square(), rtol=1e-12, atol=1e-12)
    monkeypatch.setattr(_nearest, "BLOCK", 10)
    parts = list(squared_distances(X, Y))
    monkeypatch.setattr(_nearest, "MOST", 31 * 4)
    assert max(len(block) for _, block in squared_distances(X, Y)) == 4
    assert [rows.stop - rows.start for rows, _ in parts] == [10] * 5 + [3]
    assert torch.allclose(torch.cat([block for _, block in parts]), whole, rtol=1e-12, atol=1e-12)


def test_the_same_row_is_at_zero_far_from_the_origin() -> None:
    """Without this a copy would be at some 1e-6, and count as new beside a training image that has a twin."""
    far = X + 1000
    distance, which = nearest(far[10:20], far)
    assert distance.tolist() == [0.0] * 10
    assert which.tolist() == list(range(10, 20))


def test_a_row_is_no_neighbor_of_itself_but_its_twin_is() -> None:
    """G33: itself never counts; an equal other row does."""
    assert radii(torch.tensor([[0.0], [0.0], [3.0]]), 2).tolist() == [[0, 9], [0, 9], [9, 9]]
    whole = torch.cdist(X, X).square()
    assert torch.allclose(radii(X, 5), whole.sort(1).values[:, 1:6], atol=1e-12)


def test_there_must_be_enough_others() -> None:
    with pytest.raises(InputError, match="among 30 others, got k = 31"):
        radii(Y, 31)
    with pytest.raises(InputError, match="one network"):
        list(squared_distances(X, Y[:, :2]))
