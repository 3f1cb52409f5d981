"""Linearity: exactly 1 for a linear model, less for one that saturates."""

import pytest
import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.explain import explain_model


def data(d: int = 12, n: int = 50) -> Dataset:
    g = torch.Generator().manual_seed(1)
    return Dataset(0.3 + 0.4 * torch.rand(n, d, generator=g), torch.randint(3, (n,), generator=g))


@pytest.mark.parametrize("threat", ["linf(0.05)", "l2(0.1)", "l1(0.2)"])
def test_a_linear_model_keeps_every_promise(threat: str) -> None:
    torch.manual_seed(0)
    found = explain_model(nn.Linear(12, 2), Dataset(data().pixels, data().labels.clamp(max=1)), threat, n=50)
    assert found["kept"]["5"] == pytest.approx(1, abs=1e-3)
    assert found["kept"]["95"] == pytest.approx(1, abs=1e-3)
    assert found["r_squared"] == pytest.approx(1, abs=1e-4)


class Bent(nn.Module):
    """A score that flattens: z ↦ tanh(3 z)."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(12, 2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(3 * self.linear(x))


def test_a_bent_model_keeps_less() -> None:
    found = explain_model(Bent(), Dataset(data().pixels, data().labels.clamp(max=1)), "linf(0.3)", n=50)
    assert found["kept"]["5"] < 0.9
    assert found["r_squared"] < 0.99


def test_the_gradient_norms_are_those_of_the_weights() -> None:
    torch.manual_seed(0)
    net = nn.Linear(12, 2)
    found = explain_model(net, Dataset(data().pixels, data().labels.clamp(max=1)), "linf(0.05)", n=20)
    w = (net.weight[0] - net.weight[1]).detach().double()
    assert found["gradient_norms"]["l1"] == pytest.approx(float(w.abs().sum()), rel=1e-5)
    assert found["gradient_norms"]["l2"] == pytest.approx(float(w.norm()), rel=1e-5)


def test_a_threat_without_a_radius_is_refused() -> None:
    with pytest.raises(InputError, match="finite eps"):
        explain_model(nn.Linear(12, 3), data(), "linf(inf)")
