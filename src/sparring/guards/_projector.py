"""The nearest image that a generator can make: x → G(z*), and the linear generator that needs no training."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sparring.attacks._adam import Adam
from sparring.core.seeds import Streams, child_seed, sample_keys
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.types import Images

FITTED = 5000
"""Training images from which principal components are found, at the most."""


class LinearGenerator(nn.Module):
    """G(z) = μ + Σ_j z_j s_j u_j: principal components u_j, scaled so that z ~ N(0, I) gives the data's covariance."""

    mean: Tensor
    basis: Tensor

    def __init__(self, mean: Tensor, basis: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("basis", basis)

    def forward(self, z: Tensor) -> Images:
        """Return images (n, *chw) of latents (n, latent)."""
        images: Images = self.mean + torch.tensordot(z, self.basis, 1)
        return images

    def closest(self, x: Images) -> Images:
        """Return the nearest image in closed form, μ + U Uᵀ (x − μ): what the steps should find."""
        rows = self.basis.flatten(1)
        directions = rows / rows.norm(dim=1, keepdim=True)
        away = (x - self.mean).flatten(1)
        nearest: Images = self.mean + (away @ directions.T @ directions).view_as(x)
        return nearest


def principal_components(train: Dataset, latent: int, seed: int) -> LinearGenerator:
    """Fit the linear generator to training images, by their singular value decomposition.

    Raises: InputError for more components than images or pixels can have.
    """
    x = train.images(train.subset(FITTED, seed)).double()
    most = min(len(x) - 1, x[0].numel())
    if not 1 <= latent <= most:
        raise InputError(f"expected latent of projection between 1 and {most} for {train}, got {latent}")
    mean = x.mean(0)
    _, sizes, directions = torch.linalg.svd((x - mean).flatten(1), full_matrices=False)
    scaled = directions[:latent] * (sizes[:latent] / math.sqrt(len(x) - 1)).clamp_min(1e-6)[:, None]
    return LinearGenerator(mean.float(), scaled.view(latent, *train.shape).float())


def project(
    generator: nn.Module, x: Images, *, latent: int, steps: int, restarts: int, lr: float, seed: int
) -> tuple[Images, Tensor]:
    """Return G(z*) for each image and its mean squared distance (n,), z* the best of several descents.

    Starts z ~ N(0, I) come from the pixels and the seed. The rate falls from `lr` to 0 along half a cosine. No graph is
    kept. Cost: restarts · (steps + 1) forward and restarts · steps backward passes of the generator an image.
    """
    streams = Streams(sample_keys(x, child_seed(seed, "starts")))
    goal = x.detach().repeat_interleave(restarts, 0)
    with torch.enable_grad():
        z = streams.normal((restarts, latent), x.dtype).flatten(0, 1)
        rule = Adam(z)
        for step in range(steps):
            z = z.detach().requires_grad_(True)
            (slope,) = torch.autograd.grad(_distance(generator(z), goal).sum(), z)
            z = z.detach() - lr * 0.5 * (1 + math.cos(math.pi * step / steps)) * rule.direction(slope)
    with torch.no_grad():
        made = generator(z.detach())
        distance = _distance(made, goal).view(len(x), restarts)
        best = distance.argmin(1, keepdim=True)
        nearest = made.view(len(x), restarts, *x.shape[1:])[torch.arange(len(x)), best[:, 0]]
    return nearest, distance.gather(1, best)[:, 0]


def _distance(made: Images, goal: Images) -> Tensor:
    if made.shape != goal.shape:
        raise InputError(
            f"expected a generator of images {tuple(goal.shape[1:])} for projection, got {tuple(made.shape[1:])}"
        )
    return (made - goal).square().flatten(1).mean(1)
