"""Ways between codes: along the sphere, or straight."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.gan import Generator, generate
from sparring.types import Images, Labels

_PARALLEL = 1e-6
"""Below this sine of their angle two codes point the same way, or opposite ways."""


def path(start: Tensor, end: Tensor, steps: int, *, straight: bool = False) -> Tensor:
    """Return `steps` codes on the way from each start to each end, both included, (n, steps, latent).

    The direction turns at constant speed, u(t) = (sin((1−t)Ω) u₀ + sin(tΩ) u₁) / sin Ω with Ω the angle between them,
    and the length goes from one to the other in a line. Codes that the generator knows lie near a sphere; a straight
    way leads through its middle, where none of them were. `straight`: z(t) = (1−t) z₀ + t z₁ instead.

    Args: start, end: (n, latent); opposite ones turn through a direction that is fixed but no better than others.

    Raises: InputError for codes of other shapes, and fewer than 2 steps.

    Source: White 2016, arXiv 1609.04468, section 2.1. **Differs**: directions are interpolated and lengths apart from
    them, where the paper's formula bends the way when the two lengths differ.

    >>> way = path(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 3.0]]), 3)
    >>> [[round(v, 4) for v in code] for code in way[0].tolist()]
    [[1.0, 0.0], [1.4142, 1.4142], [0.0, 3.0]]
    """
    if start.shape != end.shape or start.ndim != 2:
        raise InputError(f"expected codes (n, latent) at both ends, got {tuple(start.shape)} and {tuple(end.shape)}")
    if steps < 2:
        raise InputError(f"expected at least 2 steps, the two ends, got {steps}")
    t = torch.linspace(0, 1, steps, dtype=torch.float64)[:, None]
    a, b = start.double()[:, None], end.double()[:, None]
    line = (1 - t) * a + t * b
    if straight:
        return line.to(start.dtype)
    lengths = a.norm(dim=2, keepdim=True), b.norm(dim=2, keepdim=True)
    u, v = F.normalize(a, dim=2), F.normalize(b, dim=2)
    cosine = (u * v).sum(2, keepdim=True).clamp(-1, 1)
    across = v - cosine * u
    sine = across.norm(dim=2, keepdim=True)
    opposite = (sine < _PARALLEL) & (cosine < 0)
    across = torch.where(opposite, _perpendicular(u), across / sine.clamp_min(_PARALLEL))
    turned = t * torch.atan2(sine, cosine)
    way = (turned.cos() * u + turned.sin() * across) * ((1 - t) * lengths[0] + t * lengths[1])
    straight_on = (sine < _PARALLEL) & ~opposite | (lengths[0] == 0) | (lengths[1] == 0)
    found = torch.where(straight_on, line, way)
    found[:, 0], found[:, -1] = a[:, 0], b[:, 0]  # free of rounding
    return found.to(start.dtype)


def tour(points: Tensor, steps: int, *, straight: bool = False) -> Tensor:
    """Return codes of a way through all points and back to the first, `steps` from each to the next, (n·steps, latent).

    It can be shown again and again without a jump: no point comes twice in a row.

    >>> tour(torch.tensor([[1.0], [2.0]]), 2).flatten().tolist()
    [1.0, 1.5, 2.0, 1.5]
    """
    if steps < 1:
        raise InputError(f"expected at least 1 step from code to code, got {steps}")
    return path(points, points.roll(-1, 0), steps + 1, straight=straight)[:, :-1].flatten(0, 1)


def interpolate(
    generator: Generator,
    start: Tensor,
    end: Tensor,
    steps: int = 10,
    *,
    straight: bool = False,
    labels: Labels | None = None,
) -> Images:
    """Return the images on the way from each code to another, (n, steps, *shape) in [0, 1], the two ends included.

    Args:
        start, end: codes (n, latent), see `path`.
        labels: (n,) the class of each way, for a conditional generator; 0, 1, 2, ... in turn unless given.

    Raises: InputError for codes, labels or steps that do not fit.

    Cost: n · steps forwards of the generator.

    >>> from sparring.gan.nets.dense import Dense
    >>> net = Dense(latent=4).generator((2,))
    >>> interpolate(net, torch.ones(3, 4), -torch.ones(3, 4), 5).shape
    torch.Size([3, 5, 2])
    """
    way = path(start, end, steps, straight=straight)
    if generator.classes:
        labels = torch.arange(len(way)) % generator.classes if labels is None else labels
        labels = labels.repeat_interleave(steps)
    made = generate(generator, len(way) * steps, labels=labels, z=way.flatten(0, 1))
    return made.view(len(way), steps, *generator.shape)


def _perpendicular(u: Tensor) -> Tensor:
    """Return unit vectors across unit vectors (n, 1, d): the coordinate axis they have least of, less its part in u."""
    axis = F.one_hot(u.abs().argmin(2), u.shape[2]).to(u.dtype)
    return F.normalize(axis - (axis * u).sum(2, keepdim=True) * u, dim=2)
