"""Numbers as a reader meets them: rounded to what they are worth, never to a wrong impression."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

NBSP = "\N{NO-BREAK SPACE}"
NOTHING = "–"


def percent(share: float | None) -> str:
    """Return a share of 1 as a percentage; what is only nearly all or nothing never reads as all or nothing.

    >>> percent(0.4312), percent(0.99999), percent(1), percent(None)
    ('43.1\\xa0%', '>\\xa099.9\\xa0%', '100.0\\xa0%', '–')
    """
    if share is None or not math.isfinite(share):
        return NOTHING
    figure = f"{100 * share:.1f}"
    if figure == "100.0" and share < 1:
        figure = f">{NBSP}99.9"
    elif figure == "0.0" and share > 0:
        figure = f"<{NBSP}0.1"
    return f"{figure}{NBSP}%"


def interval(bounds: Sequence[float] | None) -> str:
    """Return both ends of an interval of shares.

    >>> interval([0.401, 0.462])
    '40.1–46.2\\xa0%'
    """
    if bounds is None or len(bounds) != 2:
        return NOTHING
    low, high = bounds
    return f"{100 * low:.1f}–{100 * high:.1f}{NBSP}%"


def level(result: Mapping[str, Any]) -> str:
    """Return the confidence level of a result's intervals, 95 % unless it says otherwise.

    >>> level({"confidence_level": 0.9})
    '90\\xa0%'
    """
    return f"{100 * float(result.get('confidence_level') or 0.95):g}{NBSP}%"


def count(number: float | None) -> str:
    """Return a whole number, grouped from five digits on.

    >>> count(1000), count(1234567)
    ('1000', '1,234,567')
    """
    if number is None or not math.isfinite(number):
        return NOTHING
    whole = round(number)
    return f"{whole:,}" if abs(whole) >= 10_000 else str(whole)


def plural(number: int, noun: str) -> str:
    """Return a number and its noun.

    >>> plural(1, "image"), plural(2, "class")
    ('1 image', '2 classes')
    """
    if number == 1:
        return f"1 {noun}"
    return f"{count(number)} {noun}{'es' if noun.endswith('s') else 's'}"


def seconds(time: float | None) -> str:
    """Return a length of time, as fine as it is worth reading.

    >>> seconds(0.123), seconds(12.34), seconds(123.4)
    ('0.12\\xa0s', '12.3\\xa0s', '2\\xa0min 3\\xa0s')
    """
    if time is None or not math.isfinite(time):
        return NOTHING
    if time >= 60:
        minutes, rest = divmod(round(time), 60)
        return f"{minutes}{NBSP}min {rest}{NBSP}s"
    return f"{time:.2f}{NBSP}s" if time < 10 else f"{time:.1f}{NBSP}s"


def number(value: float | None) -> str:
    """Return a measured value to four figures.

    >>> number(0.0156863), number(None)
    ('0.01569', '–')
    """
    return NOTHING if value is None or not math.isfinite(value) else f"{value:.4g}"
