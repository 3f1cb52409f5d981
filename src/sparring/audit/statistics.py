"""Intervals and tests: what n samples can and cannot tell."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.optimize import brentq
from scipy.stats import binomtest, norm

from sparring.errors import InputError

LEVEL = 0.95
"""Confidence level of every interval that sparring prints."""


def wilson(successes: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's interval for a share of `successes` in `n` independent samples.

    (p̂ + z²/2n ± z √(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n), never empty and never outside [0, 1], unlike the normal one.
    Source: Wilson 1927, by scipy. n = 1000 at one half is ± 3.1 points (T39).

    >>> [round(v, 3) for v in wilson(500, 1000)]
    [0.469, 0.531]
    """
    interval = binomtest(successes, n).proportion_ci(confidence_level=level, method="wilson")
    return float(interval.low), float(interval.high)


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the exact interval for a share: wider than Wilson's, and never covers less often than it says.

    Its ends are the shares at which seeing so many, or so few, has a chance of (1 − level) / 2.
    Source: Clopper and Pearson 1934, by scipy. None of 100 seen leaves up to 3.6 % possible.

    >>> [round(v, 3) for v in clopper_pearson(0, 100)]
    [0.0, 0.036]
    """
    interval = binomtest(successes, n).proportion_ci(confidence_level=level, method="exact")
    return float(interval.low), float(interval.high)


def mcnemar(b: int, c: int) -> float:
    """Return the exact two-sided p-value that two models differ on the same samples.

    `b` samples stood only in the first run, `c` only in the second; where both agree tells nothing. If neither is
    better, each of the b + c fell to one side by the toss of a coin: p = min(1, 2 P(Bin(b + c, ½) ≤ min(b, c))).
    Source: McNemar 1947. **Differs**: exact at every size, where the paper has the χ² approximation.

    >>> round(mcnemar(1, 9), 4), mcnemar(0, 0)
    (0.0215, 1.0)
    """
    if b < 0 or c < 0:
        raise InputError(f"expected counts >= 0 of samples that only one run kept, got {b} and {c}")
    return float(binomtest(b, b + c).pvalue) if b + c else 1.0


def paired_difference(b: int, c: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return Tango's score interval for the difference (b − c) / n of two shares of the same `n` samples.

    `b` samples count for the first share only, `c` for the second only. The ends are the Δ at which
    (b − c − nΔ) / √(n (2q + Δ(1 − Δ))) = ± z, with q the most likely chance of a `c` sample if Δ is the truth:
    q = (√(B² − 8n C) − B) / 4n, B = (2n − b + c)Δ − b − c, C = −cΔ(1 − Δ).
    Source: Tango 1998, Statistics in Medicine 17:891. It holds its level where b and c are small or 0, and its ends
    stay in [−1, 1]. **Differs**: nothing.

    >>> [round(v, 4) for v in paired_difference(30, 10, 1000)]
    [0.008, 0.0336]
    """
    if min(b, c) < 0 or n < max(1, b + c):
        raise InputError(f"expected counts b, c >= 0 with b + c <= n, got b = {b}, c = {c}, n = {n}")
    z, estimate = _normal_quantile(level), (b - c) / n

    def excess(sign: int) -> Callable[[float], float]:
        return lambda delta: sign * _score(delta, b, c, n) - z

    low = -1.0 if estimate == -1 else brentq(excess(1), -1 + 1e-15, estimate, xtol=1e-12)
    high = 1.0 if estimate == 1 else brentq(excess(-1), estimate, 1 - 1e-15, xtol=1e-12)
    return float(low), float(high)


def _score(delta: float, b: int, c: int, n: int) -> float:
    """Return how many standard deviations b − c lies above what a true difference of `delta` lets expect."""
    linear = (2 * n - b + c) * delta - b - c
    constant = -c * delta * (1 - delta)
    q = (math.sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
    variance = n * (2 * q + delta * (1 - delta))
    gap = b - c - n * delta
    return math.copysign(abs(gap) / math.sqrt(max(variance, 1e-300)), gap) if gap else 0.0


def sample_size(width: float, p: float = 0.5, level: float = LEVEL) -> int:
    """Return how many samples make Wilson's interval at a share of `p` reach at most `width` to either side.

    `width` in (0, 0.5) is half the interval's length, 0.02 for ± 2 points; `p` = 0.5 is the worst case, for which
    n = z²/4width² − z².

    Raises: InputError for a width or a share outside their range.

    >>> sample_size(0.02), sample_size(0.02, p=0.9)
    (2398, 868)
    """
    if not 0 < width < 0.5:
        raise InputError(f"expected a width in (0, 0.5), half the interval's length as a share of 1, got {width}")
    if not 0 <= p <= 1:
        raise InputError(f"expected the share p in [0, 1], got {p}")
    z = _normal_quantile(level)

    def half(n: int) -> float:
        return z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)

    low, high = 0, 1
    while half(high) > width:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if half(middle) > width else (low, middle)
    return high


def _normal_quantile(level: float) -> float:
    """Return z, which a normal variable stays within with probability `level`."""
    if not 0 < level < 1:
        raise InputError(f"expected a confidence level in (0, 1), got {level}")
    return float(norm.ppf((1 + level) / 2))
