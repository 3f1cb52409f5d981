"""Entropies in closed form."""

import math

import torch

from sparring.guards._uncertainty import entropy, mean_of, mutual_information


def test_opinions_that_are_certain_and_differ_disagree_by_the_entropy_of_the_vote() -> None:
    sure = torch.tensor([[[50.0, 0, 0]], [[0, 50.0, 0]], [[50.0, 0, 0]], [[50.0, 0, 0]]]).log_softmax(2)
    wanted = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert abs(mutual_information(sure).item() - wanted) < 1e-5
    assert abs(entropy(mean_of(sure)).item() - wanted) < 1e-5


def test_it_is_the_mean_divergence_from_the_mean() -> None:
    each = torch.randn(5, 7, 4, dtype=torch.float64).log_softmax(2)
    mean = mean_of(each)
    divergence = (each.exp() * (each - mean)).sum(2).mean(0)
    assert torch.allclose(mutual_information(each), divergence)
    assert torch.allclose(mean.exp(), each.exp().mean(0))
    assert (divergence > 0).all()


def test_a_probability_of_zero_is_no_nan() -> None:
    each = torch.tensor([[[0.0, -torch.inf]]], requires_grad=True)
    value = entropy(each)
    assert value.item() == 0
