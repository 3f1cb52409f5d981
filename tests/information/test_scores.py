"""Normal scores: ranks and nothing else decide them."""

from __future__ import annotations

import torch

from sparring.information._scores import NormalScores


def test_columns_become_standard_normal():
    rows = torch.rand(5000, 3, generator=torch.Generator().manual_seed(0)) ** 7
    scores = NormalScores(rows)(rows)
    assert scores.mean(0).abs().max() < 1e-4
    torch.testing.assert_close(scores.std(0), torch.ones(3), rtol=0, atol=0.01)
    quarter = (scores < -0.67449).float().mean(0)
    torch.testing.assert_close(quarter, torch.full((3,), 0.25), rtol=0, atol=1e-3)


def test_a_rising_map_of_a_column_changes_nothing():
    rows = torch.randn(500, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(NormalScores(rows.exp() * 9)(rows.exp() * 9), NormalScores(rows)(rows))


def test_equal_values_have_equal_scores_and_others_lie_between():
    scores = NormalScores(torch.tensor([[0.0], [0.0], [1.0], [1.0], [2.0], [2.0]]))
    found = scores(torch.tensor([[0.0], [0.5], [1.0], [2.0], [-99.0], [99.0]]))[:, 0]
    assert found[2] == 0
    torch.testing.assert_close(found[1], found[0] / 2)
    assert (found[4], found[5]) == (found[0], found[3])
    assert found[0] == -found[3] < 0


def test_a_column_of_one_value_says_nothing():
    assert not NormalScores(torch.ones(5, 1))(torch.tensor([[1.0], [7.0]])).any()
