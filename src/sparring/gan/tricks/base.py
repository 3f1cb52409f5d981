"""The places at which a trick may take a hand in a GAN's training. Each trick uses one or two and leaves the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.gan._moment import Moment, Side
from sparring.gan.nets import Discriminator, Generator, Judgement
from sparring.registry import Unit
from sparring.types import Images, Scores


@dataclass(frozen=True)
class Trick(Unit):
    """A part that composes with any loss, nets and other tricks. Subclasses are final and override what they need.

    `last` says that it changes layers which others put in, so it is built after them. `needs_real` says that its loss
    of the generator looks at real images. `apart` says that real and generated images must not share a batch. `pack` is
    how many samples the discriminator judges at once; the `moment` of a loss is then one of packs.
    """

    kind: ClassVar[str] = "trick"
    last: ClassVar[bool] = False
    needs_real: ClassVar[bool] = False
    apart: ClassVar[bool] = False

    @property
    def pack(self) -> int:
        """One, but of a trick that is about just that."""
        return 1

    def build(self, generator: Generator, discriminator: Discriminator, data: Dataset | None) -> None:
        """Change the networks, once, before anyone trains them."""

    def inputs(self, x: Images, moment: Moment, side: Side) -> Images:
        """Return what the discriminator gets to see of images, real or generated."""
        return x

    def generator_loss(self, real: Judgement, fake: Judgement, moment: Moment) -> Scores | None:
        """Return a loss (n,) of the generator that takes the place of the scores', or None."""
        return None

    def extra(self, module: nn.Module, moment: Moment) -> Tensor | None:
        """Return what is added to the loss () of the player whose turn it is, or None."""
        return None

    def after_step(self, player: str, module: nn.Module) -> None:
        """Change a player's weights, right after its step."""


def check_positive(unit: Trick, **fields: float) -> None:
    """Refuse numbers that are not above 0."""
    for name, value in fields.items():
        if not value > 0:
            raise InputError(f"expected {name} of {unit.name()} > 0, got {value}")
