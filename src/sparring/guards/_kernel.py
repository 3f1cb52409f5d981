"""A kernel machine on quantized codes: how a detector that has steps is evaluated, and given a slope all the same."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from sparring.errors import missing_extra
from sparring.types import Scores

NARROW = 0.2
"""Share of the median unit's width that a unit has at the least: one that hardly varies has a slope too."""


class Codes(nn.Module):
    """Units (n, d) → codes (n, d) in [0, 1]: the share of a unit's quantiles on training data that lie below it.

    The value is exact. The slope, straight through, is that of smooth steps with long tails in their place,
    ¼ (1 + |v − e| / w)^−1.5 / w, with w the unit's range divided by the number of levels. The tails matter: an
    attacked image drives units far out of their range, from where a sigmoid's slope would show no way back. (Of a
    guarded net for MNIST, linf(0.3) and 50 steps left 49 % standing by sigmoids, and 24 % so.)
    """

    edges: Tensor
    width: Tensor

    def __init__(self, edges: Tensor) -> None:
        super().__init__()
        width = (edges[-1] - edges[0]) / len(edges)
        self.register_buffer("edges", edges)
        self.register_buffer("width", width.clamp_min(max(1e-6, NARROW * float(width.median()))))

    @classmethod
    def fitted(cls, values: Tensor, levels: int) -> Codes:
        """Return codes of as many levels, with edges at the quantiles of values (n, d)."""
        return cls(torch.quantile(values, torch.linspace(0, 1, levels + 1, dtype=values.dtype)[1:-1], dim=0))

    def forward(self, values: Tensor) -> Tensor:
        """Return codes (n, d)."""
        coded: Tensor = _Steps.apply(values.to(self.edges.dtype), self.edges, self.width)  # type: ignore[no-untyped-call]
        return coded


class _Steps(torch.autograd.Function):
    """Steps on the way there, smooth ones on the way back."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, edges: Tensor, width: Tensor) -> Tensor:
        ctx.save_for_backward(values, edges, width)
        return (values[:, None] > edges).to(values.dtype).mean(1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        values, edges, width = ctx.saved_tensors
        away = (values[:, None] - edges).abs() / width
        return slope * (0.25 * (1 + away) ** -1.5).mean(1) / width, None, None


class Machine(nn.Module):
    """Codes (n, d) → scores (n,): Σ_i α_i exp(−γ ‖c − c_i‖²) + b, positive on the side of the adversarial ones."""

    support: Tensor
    dual: Tensor
    gamma: Tensor
    bias: Tensor

    def __init__(self, support: Tensor, dual: Tensor, gamma: Tensor, bias: Tensor) -> None:
        super().__init__()
        for name, value in (("support", support), ("dual", dual), ("gamma", gamma), ("bias", bias)):
            self.register_buffer(name, value)

    @classmethod
    def fitted(cls, clean: Tensor, bad: Tensor, cost: float) -> Machine:
        """Return the soft-margin machine that tells codes of clean images from those of bad ones, γ = 1 / Σ variance.

        Raises: MissingExtra without scikit-learn, whose solver it is.
        """
        try:
            from sklearn.svm import SVC
        except ImportError:
            raise missing_extra("scikit-learn", "data") from None
        codes = torch.cat([clean, bad]).double()
        gamma = 1 / float(codes.var(0, correction=0).sum().clamp_min(1e-12))
        sides = torch.cat([torch.zeros(len(clean)), torch.ones(len(bad))])
        machine = SVC(C=cost, gamma=gamma, class_weight="balanced").fit(codes.numpy(), sides.numpy())
        found = (machine.support_vectors_, machine.dual_coef_[0], [gamma], machine.intercept_)
        support, dual, width, bias = (torch.tensor(each, dtype=clean.dtype) for each in found)
        return cls(support, dual, width, bias)

    def forward(self, codes: Tensor) -> Scores:
        """Return scores (n,)."""
        squares = codes.square().sum(1, keepdim=True) + self.support.square().sum(1) - 2 * codes @ self.support.T
        scores: Tensor = (-self.gamma * squares.clamp_min(0)).exp() @ self.dual + self.bias
        return scores
