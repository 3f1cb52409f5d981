"""Linear models, whose nearest adversarial image is known: what minimal attacks are held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq, linprog, minimize
from torch import Tensor, nn

Array = NDArray[np.float64]


@dataclass
class Linear:
    """A linear model with images, labels and targets, and the exact least distance of each image in four norms."""

    net: nn.Module
    x: Tensor
    y: Tensor
    targets: Tensor
    bounds: tuple[float, float]

    def planes(self, i: int, targeted: bool) -> list[tuple[Array, Array]]:
        """Sets of (a, gap): the image is adversarial when a @ δ >= gap for every row, in any one of the sets."""
        weight, logits = self.net[1].weight.double().numpy(), self.net(self.x).double()[i].numpy()
        classes = len(logits)
        if targeted:
            t = int(self.targets[i])
            others = [j for j in range(classes) if j != t]
            return [(weight[t] - weight[others], logits[others] - logits[t])]
        y = int(self.y[i])
        return [(weight[[j]] - weight[y], np.array([logits[y] - logits[j]])) for j in range(classes) if j != y]

    def nearest(self, norm: str, targeted: bool = False) -> Tensor:
        """The exact distances (n,) in `l2`, `linf`, `l1` or `l0` (which has no closed form for several planes)."""
        low, high = self.bounds
        found = []
        for i in range(len(self.x)):
            x = self.x[i].double().flatten().numpy()
            span = high - low  # the solvers work on a box of width 1
            box = np.stack([low - x, high - x], 1) / span
            best = min(SOLVERS[norm](a * span, gap, box) for a, gap in self.planes(i, targeted))
            found.append(best * (1 if norm == "l0" else span))
        return torch.tensor(found, dtype=torch.float64)

    def reachable(self, norm: str, eps: float) -> Tensor:
        """The most that the margin of two classes can grow inside ball ∩ box, (n,)."""
        return _reachable(self, norm, eps)

    def gained(self, images: Tensor) -> Tensor:
        """How much the margin of two classes grew from x to `images`, (n,)."""
        change = self.net(images.double().to(self.x.dtype)).double() - self.net(self.x).double()
        return change.sum(1) - 2 * change.gather(1, self.y[:, None])[:, 0]


def _l2(a: Array, gap: Array, box: Array) -> float:
    start = linprog(np.zeros(len(box)), A_ub=-a, b_ub=-gap, bounds=box)
    if not start.success:
        return float("inf")
    plane = {"type": "ineq", "fun": lambda d: a @ d - gap, "jac": lambda d: a}
    best = minimize(
        lambda d: d @ d, start.x, jac=lambda d: 2 * d, bounds=box, constraints=[plane], method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )  # fmt: skip
    assert best.success
    return float(best.fun**0.5)


def _linf(a: Array, gap: Array, box: Array) -> float:
    d = a.shape[1]
    eye, most = np.eye(d), np.ones((d, 1))
    rows = np.block([[-a, np.zeros((len(a), 1))], [eye, -most], [-eye, -most]])
    sides = np.concatenate([-gap, np.zeros(2 * d)])
    best = linprog(np.eye(d + 1)[d], A_ub=rows, b_ub=sides, bounds=[*box.tolist(), (0, None)])
    return float(best.fun) if best.success else float("inf")


def _l1(a: Array, gap: Array, box: Array) -> float:
    sides = np.concatenate([box[:, 1], -box[:, 0]])  # δ = up − down, both at least 0
    best = linprog(np.ones(len(sides)), A_ub=np.hstack([-a, a]), b_ub=-gap, bounds=[(0, side) for side in sides])
    return float(best.fun) if best.success else float("inf")


def _l0(a: Array, gap: Array, box: Array) -> float:
    assert len(a) == 1
    gains = np.sort(np.where(a[0] > 0, a[0] * box[:, 1], a[0] * box[:, 0]))[::-1].cumsum()
    enough = np.flatnonzero(gains > gap)
    return float(enough[0] + 1) if len(enough) else float("inf")


SOLVERS: dict[str, Callable[[Array, Array, Array], float]] = {"l2": _l2, "linf": _linf, "l1": _l1, "l0": _l0}


def _reachable(problem: Linear, norm: str, eps: float) -> Tensor:
    """Return max ⟨w, δ⟩ over the ball ∩ box for each image of a two-class linear model, w = w_other − w_y."""
    weight = problem.net[1].weight.double().numpy()
    gains = []
    for x, y in zip(problem.x.double().flatten(1).numpy(), problem.y.tolist(), strict=True):
        w = weight[1 - y] - weight[y]
        low, high = problem.bounds[0] - x, problem.bounds[1] - x
        room = np.where(w > 0, high, -low)
        if norm == "linf":
            gain = linprog(-w, bounds=np.stack([np.maximum(low, -eps), np.minimum(high, eps)], 1)).fun * -1
        elif norm == "l1":
            sides = [(0, r) for r in np.concatenate([high, -low])]
            gain = -linprog(np.concatenate([-w, w]), A_ub=np.ones((1, 2 * len(w))), b_ub=[eps], bounds=sides).fun
        elif norm == "l2":
            # δ = min(t |w|, room) maximizes; its length grows with t.
            def delta(t: float, w: Array = w, room: Array = room) -> Array:
                return np.minimum(t * np.abs(w), room)

            far = 1e6
            t = far if np.linalg.norm(delta(far)) <= eps else brentq(lambda t: np.linalg.norm(delta(t)) - eps, 0, far)
            gain = np.abs(w) @ delta(t)
        else:
            gain = np.sort(np.abs(w) * room)[::-1][: int(eps)].sum()
        gains.append(float(gain))
    return torch.tensor(gains, dtype=torch.float64)


@pytest.fixture(scope="session")
def linear() -> Callable[..., Linear]:
    """Make a linear model with images that a change inside the box can turn, whatever the class asked for."""

    def make(
        classes: int = 3,
        shape: tuple[int, ...] = (1, 4, 4),
        n: int = 12,
        *,
        biting: bool = True,
        bounds: tuple[float, float] = (0.0, 1.0),
        dtype: torch.dtype = torch.float32,
        seed: int = 0,
    ) -> Linear:
        source = torch.Generator().manual_seed(seed)
        width = torch.Size(shape).numel()
        low, high = bounds
        unit = torch.rand(8 * n, *shape, generator=source)
        # Biting: many pixels stand on an edge of the box or next to it. Else all have room to spare.
        unit = (unit * 1.6 - 0.3).clamp(0, 1) if biting else 0.4 + 0.2 * unit
        x = (low + unit * (high - low)).to(dtype)
        net = nn.Sequential(nn.Flatten(), nn.Linear(width, classes)).to(dtype).requires_grad_(False)
        net[1].weight.copy_(torch.randn(classes, width, generator=source) / (high - low))
        net[1].bias.copy_(-(net[1].weight @ torch.full((width,), (low + high) / 2, dtype=dtype)))
        y = net(x).argmax(1)
        targets = (y + 1 + torch.randint(classes - 1, (8 * n,), generator=source)) % classes
        problem = Linear(net, x, y, targets, bounds)
        good = torch.isfinite(problem.nearest("linf", True)) & (problem.nearest("linf") > 0.01 * (high - low))
        rows = good.nonzero()[:, 0][:n]
        assert len(rows) == n
        return Linear(net, x[rows], y[rows], targets[rows], bounds)

    return make


class LabelsOnly(nn.Module):
    """A model that tells nothing but its label: the values of its logits are the same whatever it thinks of it."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.net(x)
        return 7.0 * nn.functional.one_hot(logits.argmax(1), logits.shape[1]).to(logits.dtype) - 3.0


@pytest.fixture(scope="session")
def labels_only() -> Callable[[nn.Module], nn.Module]:
    """Hide all but the label of a model."""
    return LabelsOnly
