"""Exact distances on linear models, against scipy's solvers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import linprog, minimize
from torch import nn

from sparring import parse
from sparring.bench._exact import exact_distance
from sparring.threats import Threat


def linear(d: int, k: int, seed: int = 0) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Flatten(), nn.Linear(d, k)).requires_grad_(False)


def solver(norm: str, slope: np.ndarray, gap: float, low: np.ndarray, high: np.ndarray) -> float:
    """Return min ‖δ‖ with ⟨slope, δ⟩ ≥ gap and low ≤ δ ≤ high, by a general solver."""
    d = len(slope)
    if norm == "l2":
        found = minimize(
            lambda v: v @ v, np.clip(slope, low, high), jac=lambda v: 2 * v, bounds=list(zip(low, high, strict=True)),
            constraints=[{"type": "ineq", "fun": lambda v: slope @ v - gap, "jac": lambda v: slope}], method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )  # fmt: skip
        return float(np.sqrt(found.fun)) if found.success else np.inf
    # |δ_i| ≤ s_i, and the norm is Σ s_i, or one s for all.
    count = d if norm == "l1" else 1
    spread = np.eye(d) if norm == "l1" else np.ones((d, 1))
    above, below = np.hstack([np.eye(d), -spread]), np.hstack([-np.eye(d), -spread])
    enough = np.concatenate([-slope, np.zeros(count)])
    found = linprog(
        np.concatenate([np.zeros(d), np.ones(count)]),
        A_ub=np.vstack([above, below, enough]), b_ub=np.concatenate([np.zeros(2 * d), [-gap]]),
        bounds=[*zip(low, high, strict=True), *[(0, None)] * count],
    )  # fmt: skip
    return float(found.fun) if found.status == 0 else np.inf


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_the_distance_is_what_a_solver_finds(norm: str) -> None:
    """Near the edge of the box too, where the box bites."""
    net, x = linear(6, 3), torch.rand(8, 1, 2, 3, generator=torch.Generator().manual_seed(1)) ** 4
    logits = net(x).double()
    y = logits.argmax(1)
    threat = parse(f"{norm}(1)", "threat")
    assert isinstance(threat, Threat)
    found = exact_distance(net, threat, x, y)
    assert found is not None
    weight = net.get_parameter("1.weight").double().numpy()
    for row in range(len(x)):
        flat, label = x[row].flatten().double().numpy(), int(y[row])
        wanted = min(
            solver(norm, weight[j] - weight[label], float(logits[row, label] - logits[row, j]), -flat, 1 - flat)
            for j in range(3)
            if j != label
        )
        assert float(found[row]) == pytest.approx(wanted, rel=2e-4)


def test_l0_is_the_least_number_of_pixels_by_trying_all_sets() -> None:
    net, x = linear(6, 2), torch.rand(8, 1, 2, 3, generator=torch.Generator().manual_seed(2))
    logits = net(x).double()
    y = logits.argmax(1)
    weight = net.get_parameter("1.weight").double()
    threat = parse("l0(1)", "threat")
    assert isinstance(threat, Threat)
    found = exact_distance(net, threat, x, y)
    assert found is not None
    for row in range(len(x)):
        slope = weight[1 - y[row]] - weight[y[row]]
        flat = x[row].flatten().double()
        gain = torch.where(slope > 0, slope * (1 - flat), -slope * flat)
        gap = float(logits[row].max() - logits[row].min())
        sizes = [
            bin(chosen).count("1")
            for chosen in range(64)
            if sum(float(gain[i]) for i in range(6) if chosen >> i & 1) >= gap
        ]
        assert float(found[row]) == (min(sizes) if sizes else torch.inf)


def test_other_nets_have_none() -> None:
    threat = parse("l2(1)", "threat")
    assert isinstance(threat, Threat)
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    assert exact_distance(net, threat, torch.rand(2, 4), torch.tensor([0, 1])) is None
