"""Shares: both denominators on an example by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.audit.statistics import wilson
from sparring.surrogates._shares import everything, says, share


def test_a_share_counts_only_those_among_whom_it_is() -> None:
    hits = torch.tensor([True, True, False, True, False])
    right = torch.tensor([True, False, True, True, True])
    found = share(hits, right)
    assert (found["count"], found["of"], found["share"]) == (2, 4, 0.5)
    assert found["interval"] == list(wilson(2, 4))
    assert share(hits, everything(hits))["share"] == pytest.approx(0.6)


def test_a_share_of_nobody_is_none() -> None:
    assert share(torch.tensor([True]), torch.tensor([False])) == {"count": 0, "of": 0, "share": None, "interval": None}


def test_says_gives_the_highest_score_in_any_number_of_parts() -> None:
    x = torch.rand(600, 3)
    assert torch.equal(says(nn.Identity(), x), x.argmax(1))
