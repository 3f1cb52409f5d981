"""Shares of the work: all of it, once, evenly; alone, one waits for nobody."""

from __future__ import annotations

import pytest
import torch

from sparring.core.group import Group, this_group


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 5, 14])
def test_every_part_is_done_by_one_process_and_no_two_differ_by_more_than_one(size: int, count: int) -> None:
    parts = [list(Group(rank, size).mine(count)) for rank in range(size)]
    assert sorted(part for each in parts for part in each) == list(range(count))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    rows = [Group(rank, size).part(torch.arange(count)) for rank in range(size)]
    assert torch.cat(rows).tolist() == list(range(count))
    assert max(map(len, rows)) - min(map(len, rows)) <= 1


def test_alone_one_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    group = this_group()
    assert group == Group(0, 1)
    group.wait()
    total = torch.tensor([1.0, 2.0])
    group.add(total)
    assert total.tolist() == [1.0, 2.0]
    assert group.share("here") == "here"
