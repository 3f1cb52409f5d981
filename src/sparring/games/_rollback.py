"""When a training goes wrong: back to a state from before, with other draws and at half the learning rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rollback:
    """When and how often a training goes back to a good state.

    Fields:
        why: asked after each record what is wrong now; "" for nothing. A loss, gradient or weight that is not finite is
            wrong without being asked for.
        looks: evaluations after which what was wrong has been told, ≥ 1: states of so many of them are kept, of those
            after which nothing was wrong, and the oldest is gone back to. It is from before the trouble began, not
            merely from before it was told.
        most: times that it goes back and goes on; the next time it goes back, and ends there.
        after: rounds in the beginning in which trouble may be under way untold, ≥ 0: of them the very first state alone
            counts as good.

    From the n-th time on all learning rates are 2⁻ⁿ of what they were, and the random numbers of every round are
    others. Batches come in the same order.
    """

    why: Callable[[], str]
    looks: int = 2
    most: int = 3
    after: int = 0

    def scale(self, turns: int) -> float:
        """Return the factor on learning rates after so many times.

        >>> Rollback(str).scale(2)
        0.25
        """
        return float(0.5**turns)
