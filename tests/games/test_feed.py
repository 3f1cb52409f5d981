"""Each sample once an epoch, no short last batch, and a batch that its number alone decides."""

from __future__ import annotations

import pytest
import torch

from sparring.core.group import Group
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.games import Feed


@pytest.mark.parametrize(("n", "size"), [(50, 12), (50, 50), (50, 500), (7, 2), (96, 32), (3, 1)])
def test_each_sample_comes_once_an_epoch_and_batches_differ_by_one_at_most(data, n, size):
    """G42."""
    feed = Feed(data(n), size, 0)
    for epoch in range(2):
        batches = [feed.batch(epoch * feed.epoch + i, round_=0).index for i in range(feed.epoch)]
        assert torch.cat(batches).sort().values.tolist() == list(range(n))
        counts = list(map(len, batches))
        assert max(counts) - min(counts) <= 1
        assert max(counts) < 2 * size


def test_epochs_have_orders_of_their_own_and_seeds_too(data):
    feed, other = Feed(data(), 12, 0), Feed(data(), 12, 1)
    first = torch.cat([feed.batch(i, round_=0).index for i in range(feed.epoch)])
    second = torch.cat([feed.batch(i, round_=0).index for i in range(feed.epoch, 2 * feed.epoch)])
    assert not torch.equal(first, second)
    assert not torch.equal(first, torch.cat([other.batch(i, round_=0).index for i in range(feed.epoch)]))


def test_a_batch_is_a_function_of_its_number(data):
    """G26: asked for in any order, as after an interruption."""
    feed, again = Feed(data(), 12, 5), Feed(data(), 12, 5)
    forward = [feed.batch(i, round_=i).index for i in range(12)]
    for i in (11, 3, 7, 0):
        batch = again.batch(i, round_=i, share=0.25, replay=2)
        assert torch.equal(batch.index, forward[i])
        assert (batch.share, batch.replay) == (0.25, 2)
    assert feed.batch(2, round_=2).seed == again.batch(2, round_=2).seed != again.batch(2, round_=3).seed


def test_pixels_and_labels_are_those_of_the_index(data):
    whole = data()
    batch = Feed(whole, 12, 0).batch(1, round_=0)
    x, y = whole.take(batch.index)
    assert torch.equal(batch.x, x)
    assert torch.equal(batch.labels, y)
    assert batch.x.dtype == torch.float32
    assert batch.extra is None
    floats = Dataset(whole.images(), whole.labels, whole.classes)
    assert torch.equal(Feed(floats, 12, 0).batch(1, round_=0).x, batch.x)


def test_the_parts_of_two_processes_are_the_whole_batch(data):
    """G10: in order, with weights that are their shares."""
    alone, parts = Feed(data(), 13, 2), [Feed(data(), 13, 2, group=Group(rank, 2)) for rank in range(2)]
    for i in range(8):
        whole = alone.batch(i, round_=i)
        halves = [feed.batch(i, round_=i) for feed in parts]
        assert torch.equal(torch.cat([half.index for half in halves]), whole.index)
        assert torch.equal(torch.cat([half.x for half in halves]), whole.x)
        assert {half.seed for half in halves} == {whole.seed}
        assert [half.weight for half in halves] == [len(half.index) / len(whole.index) for half in halves]
        assert whole.weight == 1
        assert [feed.count(i) for feed in parts] == [len(whole.index)] * 2


def test_images_without_labels_come_along_each_once_before_any_again(data):
    extra = data(30)
    feed = Feed(data(), 12, 0, extra=extra)
    rounds = [feed.batch(i, round_=i).extra for i in range(2)]
    assert [len(each) for each in rounds] == [15, 15]
    seen = torch.cat(rounds).flatten(1).sum(1).sort().values
    torch.testing.assert_close(seen, extra.images().flatten(1).sum(1).sort().values)


def test_fewer_samples_a_batch_than_processes_are_refused(data):
    with pytest.raises(InputError, match="at least 3 processes, got 2"):
        Feed(data(), 2, 0, group=Group(0, 3))
