"""The Fréchet distance between two Gaussians without a matrix root, and how far each sample moves it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.metrics._moments import Moments, square
from sparring.types import Features

_TINY = 1e-13
"""Directions whose variance is below this share of the largest are rounding, not data."""
_EXACT = 1e-9
"""What rounding may add up to, as a share of the variance of both sets."""


def frechet_distance(real: Features | Moments, samples: Features | Moments) -> float:
    """Return the squared Fréchet distance between Gaussians fitted to two sets, for whoever wants the number alone.

    ‖μ₁ − μ₂‖² + Tr S₁ + Tr S₂ − 2 Tr (S₁S₂)^½. With any factors S = AAᵀ the last trace is the sum of the singular
    values of A₁ᵀA₂: nothing is rooted, nothing becomes complex, and rank-deficient covariances are as good as others
    (G5).

    Args: features (n, d), or their `Moments`, each of at least 2 samples. Of features with n < d the centered rows
    themselves are the factor, and no d × d matrix is made.

    Returns: the distance, at least 0.
    Raises: InputError for fewer than 2 samples, NaN, or different d.
    Cost: (n + m) d² operations for the covariances, some 5 d³ for the trace, 10 d³ where they are nearly singular.
    Source: Heusel et al. 2017, arXiv 1706.08500, eq. 6; Dowson and Landau 1982. **Differs**: singular values in the
    place of `sqrtm`.

    >>> x = torch.randn(50, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    >>> round(frechet_distance(x, x + 2), 9), frechet_distance(x, x) < 1e-9
    (12.0, True)
    """
    (first, mean_1), (second, mean_2) = _factor(real), _factor(samples)
    _same_width(mean_1, mean_2)
    apart = (mean_1 - mean_2).square().sum()
    return max(0.0, float(apart + first.square().sum() + second.square().sum() - 2 * _nuclear_norm(first, second)))


def frechet_influence(real: Features, samples: Features) -> tuple[float, Tensor, Tensor]:
    """Return the distance, and the derivative of it to the weight of each sample, (n,) and (m,), each of mean 0.

    ψ(x) = 2 (μ₁ − μ₂)·(x − μ₁) + (x − μ₁)ᵀ(I − T)(x − μ₁) − Tr (I − T)S₁, where T is the linear map that carries the
    first Gaussian to the second; for the second set with the sets exchanged. The variance of the distance over draws of
    both sets is close to Var ψ₁ / n + Var ψ₂ / m: the infinitesimal jackknife.

    Cost: that of `frechet_distance`, some 20 d³ for eigenvectors, and 4 (n + m) d².
    Source: Jaeckel 1972, "The infinitesimal jackknife"; the derivative of the trace from Bhatia, Jain and Lim 2019,
    arXiv 1712.01504. **Differs**: nothing.

    >>> x = torch.randn(50, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    >>> distance, of_real, of_samples = frechet_influence(x, x + 2)
    >>> round(distance, 9), of_real.shape, bool(of_samples.mean().abs() < 1e-9)
    (12.0, torch.Size([50]), True)
    """
    x, y = real.detach().to(torch.float64), samples.detach().to(torch.float64)
    (first, mean_1), (second, mean_2) = _factor(x), _factor(y)
    _same_width(mean_1, mean_2)
    x, y, apart = x - mean_1, y - mean_2, mean_1 - mean_2
    left, values, right = torch.linalg.svd(first.T @ second, full_matrices=False)
    distance = apart.square().sum() + first.square().sum() + second.square().sum() - 2 * values.sum()
    return (
        max(0.0, float(distance)),
        _centered(2 * x @ apart + x.square().sum(1) - _carried(x, second, right.T, values)),
        _centered(-2 * y @ apart + y.square().sum(1) - _carried(y, first, left, values)),
    )


def _nuclear_norm(first: Tensor, second: Tensor) -> Tensor:
    """Return the sum of the singular values of AᵀB.

    They are the roots of the eigenvalues of AᵀB BᵀA, which cost a third as much, and are as good unless some are tiny:
    an eigenvalue is off by ε times the largest, its root by that over the root.
    """
    small, large = sorted((first, second), key=lambda factor: factor.shape[1])
    product = small.T @ large
    if not product.numel():  # all samples of a set are one point
        return product.sum()
    roots = torch.linalg.eigvalsh(square(product.T)).clamp_min(0).sqrt()
    off = torch.finfo(roots.dtype).eps * roots[-1] * (roots[-1] / roots.clamp_min(1e-300)).sum()
    allowed = _EXACT * (first.square().sum() + second.square().sum())
    values: Tensor = roots if bool(off <= allowed) else torch.linalg.svdvals(product)
    return values.sum()


def _carried(rows: Tensor, other: Tensor, vectors: Tensor, values: Tensor) -> Tensor:
    """Return xᵀTx of each row, T = A V Σ⁻¹ Vᵀ Aᵀ with A the factor of the other set."""
    if not values.numel():
        return rows.new_zeros(len(rows))
    kept = values > values.max() * 1e-9
    through = rows @ (other @ vectors[:, kept])
    return (through.square() / values[kept]).sum(1)


def _centered(values: Tensor) -> Tensor:
    return values - values.mean()


def _factor(given: Features | Moments) -> tuple[Tensor, Tensor]:
    """Return A (d, r) with AAᵀ the covariance, and the mean."""
    if isinstance(given, Tensor):
        if given.ndim != 2 or len(given) < 2:
            raise InputError(f"expected features (n, d) of at least 2 samples, got shape {tuple(given.shape)}")
        if len(given) <= given.shape[1]:
            rows = given.detach().to(torch.float64)
            if not bool(rows.isfinite().all()):
                raise InputError("expected finite features, got NaN or inf: look at the images and the network")
            mean = rows.mean(0)
            return (rows - mean).T / math.sqrt(len(rows) - 1), mean
        given = Moments().update(given)
    covariance = given.covariance
    if given.n > len(covariance):
        alive = covariance.diagonal() > 0  # a unit that never fired has a row of zeros in the factor
        lower, failed = torch.linalg.cholesky_ex(covariance[alive][:, alive])
        if not int(failed):
            return torch.zeros(len(covariance), len(lower), dtype=lower.dtype, device=lower.device).masked_scatter_(
                alive[:, None], lower
            ), given.mean
    values, vectors = torch.linalg.eigh(covariance)
    kept = values > _TINY * values[-1]
    return vectors[:, kept] * values[kept].sqrt(), given.mean


def _same_width(one: Tensor, other: Tensor) -> None:
    if one.shape != other.shape:
        raise InputError(f"expected features of the same network, got {len(one)} columns and {len(other)}")
