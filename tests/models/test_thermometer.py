"""Thermometer coded inputs."""

import pytest
import torch

from sparring.errors import InputError
from sparring.models.thermometer import Code, Thermometer


def test_marks_below_the_value_are_one():
    code = Code(4)(torch.tensor([[0.0, 0.25, 0.26, 1.0]]))
    assert code.view(4, 4).tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]]


def test_the_code_is_monotone_and_counts():
    x = torch.rand(5, 3, 4, 4)
    code = Code(10)(x)
    assert code.shape == (5, 30, 4, 4)
    marks = code.view(5, 3, 10, 4, 4)
    assert (marks.diff(dim=2) <= 0).all()
    assert torch.equal(marks.sum(2), (x * 10).ceil())


def test_T33_there_is_no_gradient():
    assert (
        not Thermometer()
        .build((1, 8, 8), 3)
        .requires_grad_(False)(torch.rand(2, 1, 8, 8, requires_grad=True))
        .requires_grad
    )


def test_no_marks_are_refused():
    with pytest.raises(InputError, match="levels of thermometer"):
        Thermometer(levels=0)
