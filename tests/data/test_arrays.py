"""Arrays of every usual layout."""

import io
import zipfile

import numpy as np
import pytest
import torch

from sparring.data import load_data
from sparring.data._arrays import from_arrays
from sparring.errors import InputError


@pytest.mark.parametrize("keys", [("x", "y"), ("images", "labels"), ("x_test", "y_test"), ("images", "y")])
def test_npz_under_each_pair_of_names(tmp_path, keys):
    x = np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5)
    np.savez(tmp_path / "d.npz", **{keys[0]: x, keys[1]: np.array([1, 0])}, classes=np.array(["cat", "dog"]))
    data = load_data(tmp_path / "d.npz")
    assert torch.equal(data.pixels, torch.from_numpy(x)[:, None])
    assert data.labels.tolist() == [1, 0]
    assert data.classes == ("cat", "dog")


def test_npz_without_labels(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.zeros((2, 4), dtype=np.float64))
    data = load_data(tmp_path / "d.npz")
    assert data.labels is None
    assert data.pixels.dtype == torch.float32


@pytest.mark.parametrize(
    ("shape", "result"),
    [
        ((4, 5, 6), (1, 5, 6)),
        ((4, 3, 5, 6), (3, 5, 6)),
        ((4, 1, 5, 6), (1, 5, 6)),
        ((4, 5, 6, 3), (3, 5, 6)),
        ((4, 5, 6, 1), (1, 5, 6)),
        ((4, 3, 5, 3), (3, 5, 3)),  # both could be channels: they come first
        ((4, 7), (7,)),
    ],
)
def test_channels_are_found(shape, result):
    x = np.random.default_rng(0).random(shape)
    assert from_arrays(x, None, None, "a").shape == result


def test_channels_last_are_moved_not_reshaped():
    x = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3), dtype=np.uint8)
    assert np.array_equal(from_arrays(x, None, None, "a").pixels.numpy(), x.transpose(0, 3, 1, 2))


def test_labels_of_the_usual_kinds():
    x = np.zeros((3, 2))
    for y in (
        [0, 2, 1],
        np.array([[0], [2], [1]], dtype=np.uint8),
        np.array([0, 2, 1], ">u2"),
        torch.tensor([0.0, 2, 1]),
    ):
        data = from_arrays(x, y, None, "a")
        assert data.labels.tolist() == [0, 2, 1]
        assert data.classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.full((3, 2), 255.0), None, "got 3 of 3 samples outside, the first at index 0: values run"),
        (np.array([[0.5], [np.nan]]), None, "got 1 of 2 samples NaN"),
        (np.zeros((3, 2), dtype=np.int64), None, "got torch.int64: convert"),
        (np.array([["a"]]), None, "expected an array of numbers as pixels"),
        (np.zeros((3, 4, 5, 6)), None, r"got \(3, 4, 5, 6\)"),
        (np.zeros(3), None, r"got \(3,\)"),
        (np.zeros((0, 3)), None, "not empty"),
        (np.zeros((3, 2)), [0, 1], "got 2 labels for 3 samples"),
        (np.zeros((3, 2)), [0, -1, -7], "got 2 of 3 samples negative, the first at index 1"),
        (np.zeros((3, 2)), [0, 0.5, float("nan")], "got 2 others of 3, the first 0.5 at index 1"),
        (np.zeros((3, 2)), np.eye(3), "one-hot"),
        (np.zeros((1, 2)), ["cat"], "expected an array of numbers as labels"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_line(x, y, words):
    with pytest.raises(InputError, match=words) as caught:
        from_arrays(x, y, None, "a")
    assert "\n" not in str(caught.value)


def test_a_pickle_inside_is_never_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    np.savez(tmp_path / "d.npz", x=np.array([Bomb()], dtype=object))
    with pytest.raises(InputError, match="does not load"):
        load_data(tmp_path / "d.npz")
    assert not (tmp_path / "ran").exists()


def test_damaged_and_foreign_files(tmp_path):
    path = tmp_path / "d.npz"
    whole = io.BytesIO()
    np.savez(whole, x=np.zeros((9, 9)))
    for content in (b"", b"text", whole.getvalue()[:200]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"d\.npz, got one that does not load"):
            load_data(path)
    np.save(tmp_path / "plain.npy", np.zeros(3))
    (tmp_path / "plain.npy").rename(path)
    with pytest.raises(InputError, match="one bare array"):
        load_data(path)
    newer = bytearray(whole.getvalue())
    newer[newer.index(b"PK\x01\x02") + 6] = 255  # asks for a version of zip to come
    path.write_bytes(newer)
    with pytest.raises(InputError, match="zip file version"):
        load_data(path)
    np.savez(path, pictures=np.zeros(3))
    with pytest.raises(InputError, match="got pictures"):
        load_data(path)
    with zipfile.ZipFile(path, "w"):
        pass
    with pytest.raises(InputError, match="got nothing"):
        load_data(path)
