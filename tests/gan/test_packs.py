"""Packs there and back, and how batches are cut into them, in one process and in several."""

from __future__ import annotations

import pytest
import torch

from sparring.core.group import Group
from sparring.errors import InputError
from sparring.games import Feed
from sparring.gan._packs import in_packs, pack, packed_shape, unpack, whole_packs


@pytest.mark.parametrize("shape", [(2,), (1, 4, 4), (3, 2, 5)])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_there_and_back_is_the_identity(shape, m):
    """G23."""
    x = torch.rand(6, *shape)
    packs = pack(x, m)
    assert packs.shape == (6 // m, *packed_shape(shape, m))
    assert torch.equal(unpack(packs, m), x)
    assert torch.equal(pack(unpack(packs, m), m), packs)
    assert torch.equal(pack(x, 1), x)


def test_a_pack_of_images_has_the_channels_of_one_behind_those_of_the_other():
    """G23."""
    x = torch.rand(4, 3, 5, 5)
    for place, made in enumerate(pack(x, 2)):
        assert torch.equal(made, torch.cat([x[2 * place], x[2 * place + 1]]))


def test_samples_that_fill_no_pack_are_left_out(batch):
    """G42: batches of an epoch differ by one sample, and 7 of 3 a pack are two packs."""
    whole = batch(torch.arange(14.0).view(7, 2), y=torch.arange(7))
    cut = whole_packs(whole, 3, Group())
    assert torch.equal(cut.x, whole.x[:6])
    assert cut.index.tolist() == cut.y.tolist() == list(range(6))
    assert (cut.weight, cut.seed) == (1.0, whole.seed)
    packs = in_packs(cut, 3)
    assert packs.x.shape == (2, 6)
    assert packs.index.tolist() == [0, 3]
    assert packs.y is None
    even = whole_packs(batch(torch.zeros(6, 2)), 3, Group())
    assert len(even.x) == 6


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("size", [12, 13])
def test_weights_of_several_processes_are_those_of_their_packs(small, processes, size):
    """G10: they add up to one, and each pack counts as much as any other; none is in two processes."""
    parts = []
    for rank in range(processes):
        feed = Feed(small(), size, 3, group=Group(rank, processes))
        parts.append(whole_packs(feed.batch(0, round_=0), 2, feed.group))
    assert sum(part.weight for part in parts) == pytest.approx(1)
    each = [part.weight / (len(part.x) // 2) for part in parts]
    assert each == pytest.approx([each[0]] * processes)
    seen = torch.cat([part.index for part in parts])
    assert len(seen.unique()) == len(seen)


def test_two_processes_have_the_packs_of_one(small):
    """With shares that the packs divide, to the image."""
    one = whole_packs(Feed(small(), 20, 3).batch(0, round_=0), 2, Group())
    halves = [Feed(small(), 20, 3, group=Group(rank, 2)) for rank in range(2)]
    both = [in_packs(whole_packs(feed.batch(0, round_=0), 2, feed.group), 2) for feed in halves]
    assert torch.equal(torch.cat([each.x for each in both]), in_packs(one, 2).x)
    assert torch.equal(torch.cat([each.index for each in both]), in_packs(one, 2).index)


def test_a_batch_without_a_pack_is_refused(batch, small):
    with pytest.raises(InputError, match=r"at least 4 samples in each process's batch for packing\(m=4\), got 3"):
        whole_packs(batch(torch.zeros(3, 2)), 4, Group())
    feed = Feed(small(), 6, 3, group=Group(0, 2))
    with pytest.raises(InputError, match="each process"):
        whole_packs(feed.batch(0, round_=0), 4, feed.group)
