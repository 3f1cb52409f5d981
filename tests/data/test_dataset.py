"""What a data set refuses, hands out and is known by."""

import math

import pytest
import torch

from sparring.data import Dataset
from sparring.errors import InputError


def levels(n: int = 6) -> torch.Tensor:
    return torch.arange(n * 4, dtype=torch.uint8).view(n, 1, 2, 2)


def test_levels_come_out_as_exactly_k_over_255():
    every = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    images = Dataset(every).images()
    assert torch.equal(images.flatten(), torch.arange(256, dtype=torch.float32) / 255)


def test_take_accepts_lists_tensors_and_slices():
    data = Dataset(levels(), torch.arange(6))
    for index in ([1, 3], torch.tensor([1, 3]), slice(1, 4, 2)):
        x, y = data.take(index)
        assert x.dtype == torch.float32
        assert y.tolist() == [1, 3]
        assert torch.equal(x, data.images()[[1, 3]])
    assert len(data.take()[1]) == 6


def test_what_is_taken_is_a_copy():
    data = Dataset(torch.zeros(2, 3), torch.tensor([0, 1]))
    x, y = data.take()
    x += 1
    y += 1
    assert data.pixels.sum() == 0
    assert data.labels.tolist() == [0, 1]


def test_take_without_labels_is_refused_and_images_work():
    data = Dataset(levels(), name="pictures")
    with pytest.raises(InputError, match="expected labels in pictures, got none"):
        data.take([0])
    assert data.images([0]).shape == (1, 1, 2, 2)


def test_T39_subset_is_a_random_draw_that_the_seed_fixes():
    data = Dataset(torch.zeros(1000, 1))
    a = data.subset(100, seed=3)
    assert torch.equal(a, data.subset(100, seed=3))
    assert not torch.equal(a, data.subset(100, seed=4))
    assert torch.equal(a, a.sort().values)
    assert a.unique().numel() == 100
    assert 400 < a.float().mean() < 600  # spread over the set, not its first 100
    assert torch.equal(data.subset(5000), torch.arange(1000))
    for n in (0, -1):
        with pytest.raises(InputError, match="positive number"):
            data.subset(n)


def test_T30_subset_leaves_the_global_generator():
    before = torch.get_rng_state()
    Dataset(torch.zeros(100, 1)).subset(10, seed=1)
    assert torch.equal(before, torch.get_rng_state())


def test_G8_the_checksum_is_of_the_content():
    a = Dataset(levels(), torch.arange(6), name="a")
    assert a.checksum == Dataset(levels(), torch.arange(6), name="b").checksum
    changed = levels()
    changed[5, 0, 1, 1] += 1
    others = [
        Dataset(changed, torch.arange(6)),
        Dataset(levels(), torch.arange(6).flip(0)),
        Dataset(levels()),
        Dataset(levels().view(6, 1, 1, 4), torch.arange(6)),
    ]
    assert len({a.checksum, *(each.checksum for each in others)}) == 5


@pytest.mark.parametrize(
    ("pixels", "labels", "words"),
    [
        (torch.tensor([[0.0], [math.nan], [math.inf]]), None, "2 of 3 .* NaN or infinite, the first at index 1"),
        (torch.tensor([[0.0], [1.0], [2.5]]), None, "1 of 3 .* outside, the first at index 2: .* 0 to 2.5"),
        (torch.tensor([[-0.1], [1.0]]), None, "got 1 of 2 samples outside, the first at index 0"),
        (torch.zeros(2, 3, dtype=torch.float64), None, "got torch.float64"),
        (torch.zeros(0, 3), None, "not empty"),
        (torch.zeros(2, 3, 4), None, r"got \(2, 3, 4\)"),
        (torch.zeros(2, 3), torch.tensor([0]), "got 1 labels for 2 samples"),
        (torch.zeros(2, 3), torch.tensor([0, -1]), "got 1 of 2 samples negative, the first at index 1"),
        (torch.zeros(2, 3), torch.tensor([0.0, 1.0]), "got torch.float32"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_line(pixels, labels, words):
    with pytest.raises(InputError, match=words) as caught:
        Dataset(pixels, labels)
    assert "\n" not in str(caught.value)


def test_labels_beyond_the_named_classes_are_refused():
    with pytest.raises(InputError, match="expected labels below 2 in data, got 2"):
        Dataset(torch.zeros(3, 1), torch.tensor([0, 1, 2]), ("a", "b"))


def test_one_file_a_sample():
    with pytest.raises(InputError, match="one file a sample"):
        Dataset(torch.zeros(3, 1), files=("a.png",))
