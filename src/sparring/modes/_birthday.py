"""How many different samples there are, told from how soon one comes again."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sparring.core.seeds import child_seed
from sparring.errors import InputError

DRAWS, MOST = 400, 4000
"""Random orders, and how many samples of each are looked at."""
NEAR = 0.01
"""Samples are the same when they are nearer than this share of the truth's own pairs within a mode."""


def first_repeats(kinds: Tensor, *, draws: int = DRAWS, seed: int = 0) -> Tensor:
    """Return after how many samples one is of a kind (n,) that has come before, in so many random orders (draws,).

    inf where none of the first 4,000 is.

    >>> first_repeats(torch.tensor([3, 3, 3])).unique().tolist(), first_repeats(torch.arange(3)).unique().tolist()
    ([2.0], [inf])
    """
    generator, found = torch.Generator().manual_seed(child_seed(seed, "birthday")), []
    for _ in range(draws):
        order = kinds[torch.randperm(len(kinds), generator=generator)[:MOST]]
        kind, place = torch.sort(order, stable=True)
        second = place[1:][kind[1:] == kind[:-1]]  # every sample that has one of its kind before it
        found.append(float(second.min()) + 1 if len(second) else math.inf)
    return torch.tensor(found, dtype=torch.float64)


def first_near(x: Tensor, below: float, *, draws: int = DRAWS, seed: int = 0) -> Tensor:
    """Return after how many samples (n, *) one is nearer than `below` to one before it, in so many random orders.

    inf where none is.

    Cost: n² distances.

    >>> first_near(torch.tensor([[0.0], [0.1], [9.0]]), 0.5).unique().tolist()
    [2.0, 3.0]
    """
    rows, pairs = x.flatten(1).double(), []
    for start in range(0, len(rows), 1000):
        one, other = (torch.cdist(rows[start : start + 1000], rows) < below).nonzero(as_tuple=True)
        pairs.append(torch.stack([one + start, other])[:, one + start < other])
    pair = torch.cat(pairs, 1)
    if pair.shape[1] == 0:
        return torch.full((draws,), math.inf, dtype=torch.float64)
    generator, found = torch.Generator().manual_seed(child_seed(seed, "birthday")), []
    for _ in range(draws):
        rank = torch.randperm(len(rows), generator=generator)
        found.append(float(torch.maximum(rank[pair[0]], rank[pair[1]]).min()) + 1)
    return torch.tensor(found, dtype=torch.float64)


def same_below(truth: Tensor, modes: Tensor) -> float:
    """Return the distance below which a hundredth of the pairs of real samples (n, *) of one mode (n,) are.

    Raises: InputError where no mode has two samples.
    """
    groups = [truth[modes == mode].flatten(1).double()[:300] for mode in sorted(set(modes.tolist()))]
    found = [torch.pdist(rows) for rows in groups if len(rows) > 1]
    if not found:
        raise InputError("expected two real samples of one mode at least, got none: draw more")
    ordered = torch.cat(found).sort().values
    return float(ordered[int(NEAR * len(ordered))])


def support(repeats: Tensor) -> float:
    """Return the size N of a uniform distribution of which half of the batches of s samples hold a repeat.

    `repeats` (draws,) says after how many samples the first was; s is their median, between two whole numbers where it
    falls between. N solves Γ(N + 1) / (Γ(N − s + 1) Nˢ) = ½, which is near s² / (2 ln 2) for large N. inf where most
    draws held no repeat.

    Source: Arora and Zhang 2017, arXiv 1706.08224, which has "about s²". **Differs**: the constant; s from random
    orders of all samples, not from batches of sizes that are tried.

    >>> round(support(torch.tensor([23.0])), 0)
    356.0
    """
    ordered = repeats.double().sort().values
    s = float(ordered[(len(ordered) - 1) // 2])
    if math.isinf(s):
        return math.inf
    below, at = float((ordered < s).double().mean()), float((ordered == s).double().mean())
    s += (0.5 - below) / at - 1
    low, high = max(1.0, s - 1), 2 * s * s + 2
    for _ in range(200):
        middle = (low + high) / 2
        none = math.lgamma(middle + 1) - math.lgamma(middle - s + 1) - s * math.log(middle)
        low, high = (middle, high) if none < -math.log(2) else (low, middle)
    return (low + high) / 2
