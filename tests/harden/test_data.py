"""What is held out, what keeps its label, what joins the unlabeled; and what audits are on."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.harden import Recipe, _data


def rows(*parts: Dataset) -> list[bytes]:
    """The images, as values that can be counted."""
    return sorted(image.numpy().tobytes() for part in parts for image in part.images())


@pytest.mark.parametrize(("n", "held_out", "want"), [(120, 1000, 24), (120, 7, 7), (11, 5, 2)])
def test_at_most_a_fifth_is_held_out_and_nothing_is_lost_or_doubled(blocks, n, held_out, want):
    data = blocks(n)
    train, held, extra = _data.split(data, Recipe(held_out=held_out), None, None, 0)
    assert (len(held), len(train), extra) == (want, n - want, None)
    assert rows(train, held) == rows(data)
    assert train.classes == held.classes == data.classes


def test_the_seed_decides_which(blocks):
    data = blocks()
    one, again, other = (_data.split(data, Recipe(), None, None, seed)[1] for seed in (0, 0, 1))
    assert torch.equal(one.pixels, again.pixels)
    assert not torch.equal(one.pixels, other.pixels)


@pytest.mark.parametrize("count", [3, 10, 50])
def test_labels_are_kept_evenly_and_the_other_images_lose_theirs(blocks, count):
    """Of classes as uneven as they come: as even as there are samples."""
    data = blocks()
    train, held, extra = _data.split(data, Recipe(), count, None, 0)
    kept = train.labels.bincount(minlength=3)
    assert int(kept.sum()) == count
    assert int(kept.max() - kept.min()) <= 1
    assert extra.labels is None
    assert rows(train, held, extra) == rows(data)
    assert held.labels is not None


def test_a_class_with_few_samples_gives_all_it_has(blocks):
    data = blocks(60)
    labels = torch.where(torch.arange(60) < 4, 2, torch.arange(60) % 2)
    train, _, _ = _data.split(dataclasses.replace(data, labels=labels), Recipe(held_out=1), 30, None, 0)
    counts = train.labels.bincount(minlength=3)
    assert 3 <= int(counts[2]) <= 4
    assert abs(int(counts[0] - counts[1])) <= 1


def test_unlabeled_images_join(blocks):
    """With those that lost their labels, or alone; labels they have are not seen."""
    data, more = blocks(), blocks(30, seed=5)
    _, _, extra = _data.split(data, Recipe(), None, more, 0)
    assert extra.labels is None
    assert rows(extra) == rows(more)
    train, held, extra = _data.split(data, Recipe(), 10, more, 0)
    assert rows(train, held, extra) == rows(data, more)
    floats = Dataset(more.images(), None, (), "more")
    _, _, mixed = _data.split(data, Recipe(), 10, floats, 0)
    assert mixed.pixels.dtype == torch.float32
    torch.testing.assert_close(mixed.images().sum(), extra.images().sum())


def test_the_part_for_audits():
    """Of a known set its test part; else what is given, which must fit."""
    from sparring.data import load_data

    digits = load_data("digits:train")
    assert _data.test_data(digits, None).name == "digits:test"
    with pytest.raises(InputError, match="shape and classes of"):
        _data.test_data(digits, Dataset(torch.rand(3, 1, 4, 4), torch.arange(3)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda b: _data.split(b(9), Recipe(), None, None, 0), "at least 10 samples"),
        (lambda b: _data.split(b(), Recipe(), 2, None, 0), "between the 3 classes and the 96 samples, got 2"),
        (lambda b: _data.split(b(), Recipe(), 97, None, 0), "between the 3 classes and the 96 samples, got 97"),
        (
            lambda b: _data.split(b(), Recipe(), None, Dataset(torch.rand(3, 1, 5, 5)), 0),
            r"unlabeled images of shape \(1, 4, 4\)",
        ),
        (lambda b: _data.test_data(b(name="blocks"), None), "give --test DATA, or --no-audit"),
        (lambda b: _data.test_data(b(name="blocks:train"), Dataset(b().pixels)), "expected labels"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(blocks, call, words):
    with pytest.raises(InputError, match=words) as caught:
        call(blocks)
    assert "\n" not in str(caught.value)
