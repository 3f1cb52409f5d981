"""A way to infer codes from images, learned while the generator is: what it builds, and what it wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from sparring.errors import InputError
from sparring.gan._moment import Moment
from sparring.gan.inference._nets import Encoder
from sparring.gan.losses import GanLoss
from sparring.gan.nets import Discriminator, Generator, Judgement, Nets
from sparring.registry import Unit
from sparring.types import Images, Scores


@dataclass(frozen=True, eq=False)
class Made:
    """What a generator's turn has made so far.

    Fields: `moment`, the turn; `z` (n, latent), `images` (n, *shape), what the generator made of them; `loss`, its own
    loss so far.
    """

    moment: Moment
    generator: Generator
    z: Tensor
    images: Images
    loss: Tensor


@dataclass(frozen=True)
class Inference(Unit):
    """What infers codes, and what it is trained for. Subclasses are final and override what they need.

    `joint` says that the discriminator judges images beside their codes: (x, E(x)) of real images, (G(z), z) of made
    ones. `answers` says that the encoder is trained against its scores. `ratio` says that a score has to be a log
    ratio of densities, which it is under a logistic loss alone. `single` says that images must not be judged in packs,
    `alone` that processes cannot share a batch: what each works out of its part is not of the whole (G10).
    """

    kind: ClassVar[str] = "inference"
    joint: ClassVar[bool] = False
    answers: ClassVar[bool] = False
    ratio: ClassVar[bool] = False
    single: ClassVar[bool] = True
    alone: ClassVar[bool] = False

    def build(self, generator: Generator, discriminator: Discriminator, nets: Nets) -> tuple[Generator, Discriminator]:
        """Return the networks with what this needs beside them, drawn from torch's global generator."""
        return generator, discriminator

    def scores_loss(self, loss: GanLoss, real: Scores, fake: Scores) -> Scores:
        """Return what generator and encoder want of the scores (n,)."""
        return loss.generator(real, fake)

    def told(self, z: Tensor, judged: Judgement, discriminator: Discriminator, moment: Moment) -> Tensor | None:
        """Return what is added to the loss () of either player, of what is said of images made of codes, or None."""
        return None

    def extra(self, made: Made) -> Tensor | None:
        """Return what is added to the loss () of the generator, or None."""
        return None

    def check(self, loss: GanLoss) -> None:
        """Refuse a loss whose scores are not what this takes them for, and one of autoencoders, which have no head."""
        if loss.autoencodes:
            raise InputError(f"expected a loss of scores for {self}, got {loss}: its discriminator is an autoencoder")
        logistic = loss.name() in ("minimax", "non_saturating") and not getattr(loss, "smoothing", 0.0)
        if self.ratio and not logistic:
            raise InputError(
                f"expected the loss minimax() or non_saturating() for {self}, whose scores are log ratios of "
                f"densities, got {loss}"
            )


def encoder_of(generator: Generator) -> Encoder | None:
    """Return the net from images to codes that was learned with a generator, if one was."""
    return generator.inference if isinstance(generator.inference, Encoder) else None


def check_numbers(unit: Inference, *, width: int = 1, **weights: float) -> None:
    """Refuse a width below 1 and weights that are not above 0."""
    if width < 1:
        raise InputError(f"expected width of {unit.name()} >= 1, got {width}")
    for name, weight in weights.items():
        if not weight > 0:
            raise InputError(f"expected {name} of {unit.name()} > 0, got {weight}")
