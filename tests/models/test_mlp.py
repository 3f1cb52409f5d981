"""The multilayer perceptron."""

import pytest
from torch import nn

from sparring.errors import InputError
from sparring.models.mlp import Mlp
from sparring.registry import parse


def test_hidden_layers():
    net = parse("mlp(hidden=(5, 7))").build((3,), 2)
    assert [(m.in_features, m.out_features) for m in net.modules() if isinstance(m, nn.Linear)] == [
        (3, 5),
        (5, 7),
        (7, 2),
    ]
    assert sum(isinstance(m, nn.ReLU) for m in net.modules()) == 2
    assert len(Mlp(hidden=()).build((3,), 2)) == 2
    assert parse(str(Mlp(hidden=(5,)))) == Mlp(hidden=(5,))
    with pytest.raises(InputError, match="expected hidden of mlp to be at least 1, got 0"):
        Mlp(hidden=(0,))
