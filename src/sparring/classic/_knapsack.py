"""The cheapest set of changes that moves a score by enough: a dynamic program, with proof of how close it comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FINEST = 64_000
"""Steps of the finest grid tried before the answer is given with the bound that it has."""


@dataclass(frozen=True)
class Choice:
    """What to do with each feature: `option` (m,) is the option taken, −1 for none.

    `cost` is what that costs, `bound` what any set of changes must cost at least: where the two are equal the choice is
    proven to be the cheapest.
    """

    option: NDArray[np.int64]
    cost: float
    bound: float


def cheapest(gains: Floats, costs: Floats, gap: float, levels: int = 1000) -> Choice | None:
    """Return the cheapest way to gain at least `gap` with at most one option a feature; None if all do not suffice.

    min Σ cost δ such that Σ gain δ ≥ gap, a knapsack, solved over gains that are whole multiples of gap / levels.
    Rounded down, what is found suffices in truth as well; rounded up, no true solution is missed, which gives the
    bound, and the answer if it suffices as it is. The grid is refined fourfold until the two meet.

    Args:
        gains, costs: (m, v), one row a feature, one column an option; an option that is not to be had costs inf.
        gap: > 0, what has to be gained.

    Cost: O(m v levels) operations, in numpy.
    """
    open_ = np.isfinite(costs) & (gains > 0)
    gains, costs = np.where(open_, gains, 0.0), np.where(open_, costs, np.inf)
    rows = np.flatnonzero(open_.any(1))
    most = gains[rows].argmax(1)
    if gains[rows, most].sum() < gap:
        return None
    best = np.full(len(gains), -1, dtype=np.int64)
    best[rows] = most
    cost, bound = _price(best, costs), 0.0
    while True:
        steps = gains[rows] * (levels / gap)
        for up in (False, True):
            rounded = np.ceil(steps - 1e-9) if up else np.floor(steps + 1e-9)
            some = _solve(rounded.astype(np.int64), costs[rows], levels)
            if some is None:  # rounded down, not even all of them reach
                continue
            found = np.full(len(gains), -1, dtype=np.int64)
            found[rows] = some
            price, suffices = _price(found, costs), gains[rows, some][some >= 0].sum() >= gap
            if price < cost and suffices:
                best, cost = found, price
            if up:
                bound = max(bound, price)
        if bound >= cost * (1 - 1e-12) or levels >= FINEST:
            return Choice(best, cost, min(bound, cost))
        levels *= 4


def _price(option: NDArray[np.int64], costs: Floats) -> float:
    taken = np.flatnonzero(option >= 0)
    return float(costs[taken, option[taken]].sum())


def _solve(steps: NDArray[np.int64], costs: Floats, levels: int) -> NDArray[np.int64] | None:
    """Return the option taken for each feature so that the steps add up to `levels` or more at the least cost."""
    least = np.full(levels + 1, np.inf)  # least[w]: the cheapest way to gain w steps with the features so far
    least[0] = 0.0
    taken = np.full((len(steps), levels + 1), -1, dtype=np.int8 if steps.shape[1] < 128 else np.int64)
    for feature, (lengths, prices) in enumerate(zip(steps, costs, strict=True)):
        before = least
        for option in np.flatnonzero(np.isfinite(prices) & (lengths > 0)):
            length = min(int(lengths[option]), levels)
            through = np.full(levels + 1, before[0] + prices[option])
            through[length:] = before[: levels + 1 - length] + prices[option]
            through[0] = np.inf
            better = through < least
            least = np.where(better, through, least)
            taken[feature, better] = option
    if not np.isfinite(least[levels]):
        return None
    chosen, left = np.full(len(steps), -1, dtype=np.int64), levels
    for feature in range(len(steps) - 1, -1, -1):
        chosen[feature] = taken[feature, left]
        if chosen[feature] >= 0:
            left = max(0, left - int(steps[feature, chosen[feature]]))
    return chosen
