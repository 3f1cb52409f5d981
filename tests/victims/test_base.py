"""The ledger: passes of each sample, where they were made."""

from __future__ import annotations

import torch

from sparring.victims.base import ACCESS, Ledger


def test_the_ledger_adds_to_the_rows_that_paid() -> None:
    """T36."""
    ledger = Ledger(4)
    ledger.add(torch.tensor([0, 2]), forwards=1)
    ledger.add(torch.tensor([2]), forwards=1, backwards=3)
    ledger.add(torch.tensor([], dtype=torch.int64), forwards=9)
    assert ledger.forwards.tolist() == [1, 0, 2, 0]
    assert ledger.backwards.tolist() == [0, 0, 3, 0]
    assert ledger.spent().tolist() == [1, 0, 5, 0]


def test_access_goes_from_least_to_most() -> None:
    assert ACCESS == ("decision", "scores", "gradient")
