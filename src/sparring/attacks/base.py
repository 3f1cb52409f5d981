"""An attack: max over the threat. One method a file; this is the contract they share."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

from sparring.registry import Unit
from sparring.victims.base import Access

if TYPE_CHECKING:
    from sparring.attacks._search import Search


@dataclasses.dataclass(frozen=True)
class Attack(Unit, ABC):
    """A way to look for adversarial images. Subclasses are final: they add fields and write `run`.

    `run` shows the algorithm and does no bookkeeping: it asks the search for gradients or logits at images of its
    choice, in the box, and everything seen is judged, counted and kept there.

    Class attributes: `minimal`, whether it looks for the smallest change instead of any inside ε; `norms` it is made
    for; `goals`, whether it can be told a target; `needs`, the access; `free_threat`, the threat that stands for "no
    threat given" (None: there must be one); `differences`, whether it takes small differences of answers, which
    bfloat16 cannot tell: its passes are then in float32, as those of minimal attacks are.
    """

    kind: ClassVar[str] = "attack"
    minimal: ClassVar[bool] = False
    norms: ClassVar[tuple[str, ...]] = ("linf", "l2", "l1", "l0")
    goals: ClassVar[Literal["any", "targeted", "untargeted"]] = "any"
    needs: ClassVar[Access] = "gradient"
    free_threat: ClassVar[str | None] = None
    differences: ClassVar[bool] = False

    @abstractmethod
    def run(self, search: Search) -> None:
        """Look for adversarial images of every sample of the search, until done or out of passes."""

    @abstractmethod
    def passes(self, classes: int) -> int:
        """Return the most forward plus backward passes that `run` asks for one sample, confirmations aside."""
