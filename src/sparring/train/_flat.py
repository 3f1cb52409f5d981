"""Whether a figure has stopped improving."""

from __future__ import annotations

from collections.abc import Iterable

PATIENCE = 5
"""Looks without an improvement after which a training is flat."""


def is_flat(looks: Iterable[tuple[float, float]], patience: int = PATIENCE) -> bool:
    """Say whether a figure that should fall has not, beyond its noise, for so many looks.

    `looks` are pairs (figure, noise), noise one standard deviation of it. The mark is the first figure; one that is
    more than twice its noise below the mark becomes the new mark. Flat: the mark is `patience` looks old. Improvements
    that are too small to be seen at one look add up, since the mark stays.

    >>> is_flat([(5, 1), (4, 1), (3.5, 1), (2.9, 1), (2, 1)], 3), is_flat([(5, 1), (4, 1), (3.5, 1), (3.1, 1)], 3)
    (False, True)
    """
    mark, age = None, 0
    for figure, noise in looks:
        if mark is None or figure < mark - 2 * noise:
            mark, age = figure, 0
        else:
            age += 1
    return age >= patience
