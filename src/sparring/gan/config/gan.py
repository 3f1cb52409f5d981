"""A generator against a discriminator: nets, loss, penalties, tricks, rule and optimizers."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import nn

from sparring.core.average import Average
from sparring.core.group import Group
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.games import Player, Rule, Table
from sparring.games.alternating import Alternating
from sparring.gan._packs import packed_shape
from sparring.gan.game import DISCRIMINATOR, GENERATOR, GanGame
from sparring.gan.inference import Inference, InferenceGame
from sparring.gan.losses import GanLoss
from sparring.gan.losses.relativistic import Relativistic
from sparring.gan.nets import Discriminator, Generator, Nets
from sparring.gan.nets.r3 import R3
from sparring.gan.penalties import Penalty
from sparring.gan.penalties.r1 import R1
from sparring.gan.penalties.r2 import R2
from sparring.gan.tricks import Trick
from sparring.registry import Unit


@dataclass(frozen=True)
class Gan(Unit):
    """A GAN in one line: what is trained, for what, and how fast. With no arguments it is the recipe `baseline`.

    Fields:
        nets: the pair of networks.
        loss: what the two want of scores.
        penalties: what is added to the discriminator's loss.
        tricks: what else helps.
        rule: who moves when.
        lr: learning rate of the generator, > 0.
        lr_discriminator: that of the discriminator, > 0; None for the same.
        optimizer: of both players: adam, or rmsprop, whose only use for `betas` is the second as its decay.
        betas: of Adam, in [0, 1).
        cooldown: the share of the training, at its end, in which learning rates fall to zero in a line; in [0, 1].
        batch_size: real images a turn, ≥ 1.
        average: half-life, in images, of the average of the generator's weights, which is what samples come from; 0
            for none.
        conditional: whether images are made by class, and the discriminator names it (AC-GAN): the data need labels.
        auxiliary: weight > 0 of the cross-entropy of those classes.
        together: whether real and generated images share a batch of the discriminator (G9).
        inference: what learns codes of images, or what images say of codes, along with the generator; None for nothing.

    Cost: that of `GanGame` and the rule.

    Source: Goodfellow et al. 2014, arXiv 1406.2661; classes: Odena, Olah and Shlens 2017, arXiv 1610.09585.
    **Differs**: everything is open; each recipe says what differs from its paper.

    >>> from sparring.registry import parse
    >>> unit = parse("gan(nets=dense(hidden=(64,)), loss=hinge(), penalties=(r1(gamma=0.1),), rule=alternating(k=2))")
    >>> unit.loss, parse(str(unit)) == unit
    (Hinge(), True)
    """

    kind: ClassVar[str] = "gan"
    cites = ("goodfellow2014", "odena2017")

    nets: Nets = R3()  # noqa: RUF009 - a frozen value
    loss: GanLoss = Relativistic()  # noqa: RUF009 - a frozen value
    penalties: tuple[Penalty, ...] = (R1(gamma=0.25, every=4), R2(gamma=0.25, every=4))
    tricks: tuple[Trick, ...] = ()
    rule: Rule = Alternating()  # noqa: RUF009 - a frozen value
    lr: float = 5e-4
    lr_discriminator: float | None = None
    optimizer: Literal["adam", "rmsprop"] = "adam"
    betas: tuple[float, float] = (0.0, 0.99)
    cooldown: float = 0.0
    batch_size: int = 32
    average: float = 10_000.0
    conditional: bool = False
    auxiliary: float = 1.0
    together: bool = False
    inference: Inference | None = None

    def __post_init__(self) -> None:
        rates = (self.lr, self.lr if self.lr_discriminator is None else self.lr_discriminator)
        if not all(rate > 0 for rate in rates):
            raise InputError(f"expected learning rates of gan > 0, got {rates[0]} and {rates[1]}")
        if not all(0 <= beta < 1 for beta in self.betas):
            raise InputError(f"expected betas of gan in [0, 1), got {self.betas}")
        if self.batch_size < 1 or not (self.average >= 0 and self.auxiliary > 0 and 0 <= self.cooldown <= 1):
            raise InputError(
                f"expected batch_size >= 1, average >= 0, auxiliary > 0 and cooldown in [0, 1] of gan, got "
                f"{self.batch_size}, {self.average}, {self.auxiliary} and {self.cooldown}"
            )
        if self.batch_size < self.pack:
            raise InputError(f"expected batch_size of gan of at least one pack of {self.pack}, got {self.batch_size}")
        if self.loss.autoencodes != self.nets.autoencodes:
            wanted = "an autoencoder" if self.loss.autoencodes else "a discriminator that is no autoencoder"
            advice = "nets=autoencoder()" if self.loss.autoencodes else "loss=began()"
            raise InputError(f"expected {wanted} for the loss {self.loss}, got {self.nets}: use {advice}")
        if self.inference is not None:
            self.inference.check(self.loss)

    @property
    def pack(self) -> int:
        """How many samples the discriminator judges at once, as the tricks say."""
        return math.prod(trick.pack for trick in self.tricks)

    def build(
        self, shape: tuple[int, ...], classes: int = 0, *, seed: int = 0, data: Dataset | None = None
    ) -> tuple[Generator, Discriminator]:
        """Return fresh networks for images (*shape), tricks built in; torch's global generator is left as found.

        `classes` is asked for when the GAN is conditional, and ignored else. `data` is where a trick takes reference
        images from; without them, such a net waits for its weights to be loaded.
        """
        if self.conditional and classes < 2:
            raise InputError(f"expected at least 2 classes for a conditional gan, got {classes}: give data with labels")
        known = classes if self.conditional else 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            generator = self.nets.generator(shape, known)
            discriminator = self.nets.discriminator(packed_shape(shape, self.pack), known)
            if self.inference is not None:
                generator, discriminator = self.inference.build(generator, discriminator, self.nets)
            for trick in sorted(self.tricks, key=lambda trick: trick.last):
                trick.build(generator, discriminator, data)
        for net in (generator, discriminator) if self.nets.channels_last else ():
            net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return generator, discriminator

    def game(self, generator: Generator, discriminator: Discriminator, group: Group | None = None) -> GanGame:
        """Return the game of two networks."""
        make = GanGame if self.inference is None else functools.partial(InferenceGame, inference=self.inference)
        return make(
            generator, discriminator, self.loss, self.penalties, self.tricks, auxiliary=self.auxiliary,
            together=self.together, group=group,
        )  # fmt: skip

    def table(self, game: GanGame, group: Group | None = None, precision: str = "float32") -> Table:
        """Return the table at which the game is played: optimizers, schedule, average, and what follows a step."""
        average = Average(game.generator, self.average) if self.average else None
        made: dict[str, tuple[float, Average | None]] = {
            DISCRIMINATOR: (self.lr_discriminator or self.lr, None),
            GENERATOR: (self.lr, average),
        }
        players = {
            name: Player(game.players[name], self._optimizer(name, game.players, lr), self.rate, mean)
            for name, (lr, mean) in made.items()
        }
        return Table(players, group, precision)

    def rate(self, share: float) -> float:
        """Return the factor on learning rates at a share of the training.

        >>> Gan(cooldown=0.5).rate(0.25), Gan(cooldown=0.5).rate(0.75), Gan().rate(0.99)
        (1.0, 0.5, 1.0)
        """
        return min(1.0, (1 - share) / self.cooldown) if self.cooldown else 1.0

    def _optimizer(self, player: str, modules: Mapping[str, nn.Module], lr: float) -> torch.optim.Optimizer:
        module, betas = modules[player], (float(self.betas[0]), float(self.betas[1]))
        optimizer: torch.optim.Optimizer = (
            torch.optim.Adam(module.parameters(), lr=lr, betas=betas, fused=True)  # a tenth of the time
            if self.optimizer == "adam"
            else torch.optim.RMSprop(module.parameters(), lr=lr, alpha=betas[1])
        )
        for trick in self.tricks:
            if type(trick).after_step is not Trick.after_step:
                # A hook, and not a wrapper: whatever rule makes the step, it is followed by this.
                optimizer.register_step_post_hook(lambda *_, trick=trick: trick.after_step(player, module))
        return optimizer
