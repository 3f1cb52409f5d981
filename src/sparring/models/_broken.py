"""What the members of the zoo of broken defenses have in common: a net, something around it, a claim and a fallacy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import nn

from sparring.data import Dataset
from sparring.models._fit import Record, fit
from sparring.models.base import Trainable
from sparring.models.cnn import Cnn
from sparring.types import Images, Logits

SMALL: Trainable = Cnn()
"""The net inside, when none is named."""


class Wrapped(nn.Module):
    """after(net(before(x))): a classifier with something in front of it or behind it.

    The parts keep their names, so that whoever attacks can reach around them: `net` is the classifier itself.
    """

    def __init__(self, net: nn.Module, *, before: nn.Module | None = None, after: nn.Module | None = None) -> None:
        super().__init__()
        self.before = before or nn.Identity()
        self.net = net
        self.after = after or nn.Identity()

    def forward(self, x: Images) -> Logits:
        """Return what the defended model says."""
        answer: Logits = self.after(self.net(self.before(x)))
        return answer


@dataclass(frozen=True)
class Broken(Trainable, ABC):
    """A defense that is known not to work, for whoever wants to know whether an evaluation notices.

    `claimed` and `fallacy` say in one line each what was claimed, by whom, and why it does not hold. `trained` is
    true where the weights have to be found with the defense in place; the others go around any trained net.
    """

    claimed: ClassVar[str] = ""
    fallacy: ClassVar[str] = ""
    trained: ClassVar[bool] = False

    of: Trainable = SMALL

    @abstractmethod
    def wrap(self, net: nn.Module) -> nn.Module:
        """Return a classifier of one's own with the defense around it; the weights are shared, not copied."""

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return the defense around a fresh net."""
        return self.wrap(self.of.layers(input_shape, classes))

    def fit(self, module: nn.Module, dataset: Dataset, **options: Any) -> list[Record]:
        """Train what `build` returned, in place; options are those of `sparring.models.fit`."""
        if self.trained or not isinstance(module, Wrapped):
            return fit(module, dataset, **options)
        records = fit(module.net, dataset, **options)  # the defense is for test time, and may have no gradient
        module.eval()
        return records
