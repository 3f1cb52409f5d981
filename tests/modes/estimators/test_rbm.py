"""Two patterns in equal shares come out of its chains, and little else."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sparring.data import Dataset
from sparring.modes.estimators.rbm import Rbm


class Known:
    """Four visible bits and two hidden ones, with weights that are known."""

    components_ = torch.tensor([[1.5, -1.0, 0.5, 0.0], [-0.5, 1.0, 0.0, 2.0]]).numpy()
    intercept_visible_ = torch.tensor([0.3, -0.6, 0.0, -1.0]).numpy()
    intercept_hidden_ = torch.tensor([-0.4, 0.2]).numpy()

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def fit(self, _: Any) -> None:
        """Stay as it is."""


def test_samples_have_the_distribution_of_the_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """p(b) ∝ exp(aᵀb) Π_j (1 + exp(c_j + W_j b)), over all sixteen b."""
    monkeypatch.setattr("sklearn.neural_network.BernoulliRBM", Known)
    made = Rbm(gibbs=30).fit(Dataset(torch.zeros(4, 1, 2, 2)))(40_000, 0).flatten(1).double()
    every = torch.cartesian_prod(*[torch.arange(2.0, dtype=torch.float64)] * 4)
    weight, visible, hidden = (
        torch.tensor(each, dtype=torch.float64)
        for each in (Known.components_, Known.intercept_visible_, Known.intercept_hidden_)
    )
    odds = (every @ visible + torch.nn.functional.softplus(every @ weight.T + hidden).sum(1)).softmax(0)
    found = (made[:, None] == every).all(2).double().mean(0)
    assert ((found - odds).abs() < 4.5 * (odds * (1 - odds) / 40_000).sqrt()).all()


def test_chains_end_at_the_patterns() -> None:
    pattern = (torch.arange(16) % 2).float().view(1, 1, 4, 4)
    data = Dataset(torch.cat([pattern, 1 - pattern]).repeat(100, 1, 1, 1))
    made = Rbm(hidden=8, epochs=40, gibbs=200).fit(data)(400, 0)
    match = (made == pattern).flatten(1).double().mean(1)
    assert ((match > 0.85) | (match < 0.15)).double().mean().item() > 0.85
    assert 0.2 < (match > 0.5).double().mean().item() < 0.8
    assert torch.equal(made, Rbm(hidden=8, epochs=40, gibbs=200).fit(data)(400, 0))
