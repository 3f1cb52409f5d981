"""Scikit-learn's digits."""

import torch

from sparring.data import load_data


def test_parts_add_up_and_do_not_overlap():
    whole, train, test = (load_data(f"digits{split}") for split in ("", ":train", ":test"))
    assert (len(whole), len(train), len(test)) == (1797, 1438, 359)
    assert (whole.name, test.name) == ("digits", "digits:test")
    is_test = torch.arange(1797) % 5 == 4
    assert torch.equal(whole.pixels[is_test], test.pixels)
    assert torch.equal(whole.labels[~is_test], train.labels)


def test_pixels_are_sixteenths():
    data = load_data("digits")
    assert data.shape == (1, 8, 8)
    assert data.pixels.max() == 1
    assert torch.equal(data.pixels * 16, (data.pixels * 16).round())
    assert data.classes == tuple("0123456789")
