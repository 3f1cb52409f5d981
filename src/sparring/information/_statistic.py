"""Points on the way from pairs to strangers, and nets that tell each point from the next."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

STEEP = 1.5
"""How much closer together points are where pairs are nearly whole."""


def shares(bridges: int) -> Tensor:
    """Return the shares α₀ = 1 > α₁ > ... > 0 of the own partner at each point of a way with so many bridges.

    α = tanh(1.5 (1 − k/m)) / tanh(1.5): about equal divergences between neighbors, for normal pairs correlated at 0.9.

    >>> shares(2).tolist()[0], shares(2).tolist()[2], shares(1).tolist()
    (1.0, 0.0, [1.0, 0.0])
    """
    left = 1 - torch.arange(bridges + 1, dtype=torch.float64) / bridges
    return (torch.tanh(STEEP * left) / math.tanh(STEEP)).float()


def points(x: Tensor, y: Tensor, stranger: Tensor, alpha: Tensor) -> Tensor:
    """Return (x, α y + √(1 − α²) y') at every point of the way, (points, n, d), y' the partner of another x."""
    own = alpha[:, None, None]
    mixed = own * y + (1 - own.square()).clamp_min(0).sqrt() * stranger
    return torch.cat([x.expand(len(alpha), -1, -1), mixed], 2)


class Statistics(nn.Module):
    """One T_k a bridge, from its points (bridges, n, d) to (n, bridges): vᵀ A_k v + b_k v + W_k h(v), all 0 at first.

    v is the point, made white by the covariance at both ends of the bridge, so that one learning rate suits every
    direction; h is a net of two hidden layers that the bridges share.
    """

    def __init__(self, ends: Tensor, width: int) -> None:
        super().__init__()
        bridges, _, d = ends.shape
        centered = ends - ends.mean(1, keepdim=True)
        spread = centered.mT @ centered / ends.shape[1]
        room = 1e-3 * spread.diagonal(dim1=1, dim2=2).mean(1).clamp_min(1e-6)
        factor = torch.linalg.cholesky(spread + room[:, None, None] * torch.eye(d))
        self.register_buffer("white", torch.linalg.inv(factor).mT.contiguous())
        self.register_buffer("center", ends.mean(1, keepdim=True))
        self.squares = nn.Parameter(torch.zeros(bridges, d, d))
        self.slopes = nn.Parameter(torch.zeros(bridges, d, 1))
        self.body = nn.Sequential(nn.Linear(d, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.heads = nn.Parameter(torch.zeros(bridges, width, 1))

    def forward(self, u: Tensor) -> Tensor:
        """Return T_k of points u_k."""
        v = torch.bmm(u - self.get_buffer("center"), self.get_buffer("white"))
        square = (torch.bmm(v, self.squares) * v).sum(2)
        rest = torch.bmm(v, self.slopes) + torch.bmm(self.body(v), self.heads)
        return (square + rest[:, :, 0]).T
