"""The text of --data."""

import pytest
import torch

from sparring.data import Dataset, load_data
from sparring.errors import InputError


def test_a_data_set_passes_through_and_is_resized():
    data = Dataset(torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert load_data(data) is data
    assert load_data(data, size=8, channels=1) is data
    assert load_data(data, size=(4, 6), channels=3).shape == (3, 4, 6)


def test_bundled_sets_are_resized_too():
    data = load_data("digits:test", size=16, channels=3)
    assert data.shape == (3, 16, 16)
    assert len(data) == 359


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty text"),
        ("digit", "did you mean 'digits'"),
        ("fashion", "did you mean 'fashion-mnist'"),
        ("digits:valid", "expected a split of digits, got 'valid'"),
        ("digits:tset", "did you mean 'test'"),
        ("/nowhere/at/all.npz", "nothing is there"),
        ("digits(size=3)", "expected a field of digits"),
    ],
)
def test_unknown_texts_are_answered_in_one_line(text, words):
    with pytest.raises(InputError, match=words) as caught:
        load_data(text)
    assert "\n" not in str(caught.value)


def test_a_near_miss_among_the_files_is_suggested(tmp_path):
    (tmp_path / "pictures").mkdir()
    with pytest.raises(InputError, match=r"did you mean '.*pictures'"):
        load_data(tmp_path / "picturs")


def test_files_of_other_kinds(tmp_path):
    (tmp_path / "a.csv").write_text("1,2")
    (tmp_path / "a.py").write_text("")
    with pytest.raises(InputError, match=r"got the file '.*a\.csv'"):
        load_data(tmp_path / "a.csv")
    with pytest.raises(InputError, match="name the function"):
        load_data(tmp_path / "a.py")


def test_flat_features_cannot_be_resized():
    with pytest.raises(InputError, match=r"got samples of shape \(4,\)"):
        load_data(Dataset(torch.zeros(2, 4)), size=8)


@pytest.mark.parametrize("arguments", [{"size": 0}, {"channels": 4}])
def test_bad_sizes_are_refused_before_anything_is_read(arguments):
    with pytest.raises(InputError, match="expected"):
        load_data("digits", **arguments)


def test_parts_share_no_sample_and_have_every_class():
    whole, first, rest = (load_data(f"digits:train{part}") for part in ("", "[:1000]", "[1000:]"))
    assert (len(first), len(rest), first.name) == (1000, len(whole) - 1000, "digits:train[:1000]")
    assert torch.equal(torch.cat([first.pixels, rest.pixels]).sum((0, 1, 2, 3)), whole.pixels.sum((0, 1, 2, 3)))
    assert set(first.labels.tolist()) == set(rest.labels.tolist()) == set(range(10))
    middle = load_data("digits:train[200:300]")
    assert torch.equal(
        middle.pixels, load_data("digits:train").part(_order(len(whole))[200:300].sort().values, "").pixels
    )


def _order(n):
    return torch.randperm(n, generator=torch.Generator().manual_seed(0))


def test_a_part_of_nothing_is_refused():
    with pytest.raises(InputError, match=r"expected a part of the 359 samples of digits:test, got none"):
        load_data("digits:test[400:]")
