"""What guards that change the image first have in common: a layer before the net, and a slope where it has none."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.guards._rejecting import inside
from sparring.guards.base import Guard
from sparring.models import Wrapped
from sparring.types import Images


@dataclass(frozen=True)
class Transform(Guard, ABC):
    """A guard that shows the classifier another image: f(t(x)). Nothing is learned, the data are not looked at.

    Where t has no slope, gradients go through it as if it were the identity (BPDA, Athalye et al. 2018, arXiv
    1802.00420): a guard that merely hides its gradient would only look strong.
    """

    @abstractmethod
    def layer(self) -> nn.Module:
        """Return t, images (n, *chw) in [0, 1] → images of the same shape."""

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Return the classifier behind the transform."""
        return Wrapped(inside(net), before=self.layer()).eval()

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the classifier behind the transform, with the weights of the state."""
        guarded = Wrapped(inside(net), before=self.layer()).eval()
        guarded.load_state_dict(dict(state))
        return guarded


class Through(nn.Module):
    """A layer whose answer is its own, and whose slope is that of the identity."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Images) -> Images:
        """Return what the layer says, to the bit."""
        with torch.no_grad():
            out = self.layer(x.detach())
        return straight_through(x, out)


def straight_through(x: Tensor, out: Tensor) -> Tensor:
    """Return `out` with gradients that go to x unchanged.

    >>> x = torch.tensor([0.4], requires_grad=True)
    >>> torch.autograd.grad(straight_through(x, x.round()), x)[0].item()
    1.0
    """
    passed: Tensor = _Passed.apply(x, out)  # type: ignore[no-untyped-call]
    return passed


class _Passed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, out: Tensor) -> Tensor:
        return out.clone()

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        return slopes[0], None
