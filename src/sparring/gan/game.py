"""A generator and a discriminator at their game: what each wants of a batch, made of a loss, penalties and tricks."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.core.group import Group, one_process
from sparring.errors import InputError
from sparring.games.base import Batch, Game, Turn
from sparring.gan._moment import Moment, Side
from sparring.gan._packs import in_packs, pack, unpack, whole_packs
from sparring.gan.losses import GanLoss
from sparring.gan.nets import Discriminator, Generator, Judgement
from sparring.gan.penalties import Penalty, mixes_samples
from sparring.gan.penalties.base import slopes
from sparring.gan.tricks import Trick
from sparring.types import Images, Scores

DISCRIMINATOR, GENERATOR = "discriminator", "generator"


class GanGame(Game):
    """Two players in this order: the discriminator, who tells real images from generated ones, and the generator.

    Fields:
        generator, discriminator: with as many classes each; with some, both sides also want the class of every image
            to be told (AC-GAN), those of generated images being the labels of the batch.
        loss, penalties, tricks: what they play for.
        auxiliary: weight ≥ 0 of the cross-entropy of classes.
        together: whether real and generated images go through the discriminator as one batch. By default they do not,
            so that under batch norm no score of a real image depends on what was generated (G9).
        group: the processes that share each batch.

    Each turn draws codes of its own, one for each real image, from the seed of the round and the image's place in the
    data. The generator makes no graph in the discriminator's turn, and no weight of the discriminator has a gradient
    in the generator's (G12); the `whole` of a turn has both in its graph, and in a game of one value is all of that
    value. Figures: mean scores `real` and `fake`, `accuracy`, each penalty by its name, `auxiliary`, and `balance`
    where the loss carries one. With packs (see `packing`) scores, penalties and features are of these.

    Raises: InputError when a penalty meets a discriminator in which the images of a batch mix (G14), or parts do not
    suit each other.

    Cost: of a discriminator's turn on n images one forward of the generator, 2n forwards and backwards of the
    discriminator and what the penalties say; of a generator's one forward and backward of both.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        loss: GanLoss,
        penalties: Sequence[Penalty] = (),
        tricks: Sequence[Trick] = (),
        *,
        auxiliary: float = 1.0,
        together: bool = False,
        group: Group | None = None,
    ) -> None:
        super().__init__({DISCRIMINATOR: discriminator, GENERATOR: generator})
        self.generator, self.discriminator, self.loss = generator, discriminator, loss
        self.penalties, self.tricks = tuple(penalties), tuple(tricks)
        self.auxiliary, self.together, self.group = auxiliary, together, group or one_process()
        self.pack = math.prod(trick.pack for trick in self.tricks)
        self._check()
        self.memory["balance"] = torch.zeros(())
        self.memory["turns"] = torch.zeros((), dtype=torch.int64)
        self._sees_real = loss.needs_real or any(trick.needs_real for trick in self.tricks)

    def _check(self) -> None:
        if self.generator.classes != self.discriminator.classes:
            raise InputError(
                f"expected as many classes of both players, got {self.generator.classes} of the generator and "
                f"{self.discriminator.classes} of the discriminator"
            )
        names = [unit.name() for unit in (*self.penalties, *self.tricks)]
        if len(names) != len(set(names)):
            raise InputError(f"expected each penalty and trick once, got {', '.join(names)}")
        if self.pack != self.discriminator.pack:
            raise InputError(
                f"expected a discriminator of packs of {self.pack}, as the tricks say, got one of "
                f"{self.discriminator.pack}: let the gan build it"
            )
        apart = [trick.name() for trick in self.tricks if trick.apart]
        if self.together and apart:
            raise InputError(f"expected together=False with {apart[0]}, got True: its batches are of one origin")
        if self.penalties:
            place = next(self.discriminator.parameters()).device
            sample = torch.rand(2, *self.discriminator.given, generator=torch.Generator().manual_seed(0)).to(place)
            if mixes_samples(self.discriminator, sample):
                raise InputError(
                    f"expected a discriminator that sees each image by itself for the penalty {self.penalties[0]}, got "
                    "one in which those of a batch mix: use nets without batch norm there, such as "
                    "dcgan(norm=False), and no minibatch trick"
                )

    def turns(self, batch: Batch) -> Sequence[Turn]:
        """Return the discriminator's turn and the generator's."""
        batch = batch if self.pack == 1 else whole_packs(batch, self.pack, self.group)
        turns = []
        for player, play in {DISCRIMINATOR: self._discriminate, GENERATOR: self._generate}.items():
            moment = Moment(batch, player, self.group, self.memory)
            whole = functools.partial(play, dataclasses.replace(moment, whole=True))
            turns.append(Turn(player, functools.partial(play, moment), moment.figures, batch.weight, whole))
        return turns

    def images(self, moment: Moment) -> Images:
        """Return the generated images of a turn, one beside each real one."""
        z = moment.streams("z").normal((self.generator.latent,))
        made: Images = self.generator(z, moment.batch.y if self.generator.classes else None)
        return made

    def _packs(self, x: Images, moment: Moment) -> tuple[Images, Moment]:
        """Return images in packs, of which slopes are taken (G23), and a turn whose samples are packs."""
        if self.pack == 1:
            return x, moment
        return pack(x, self.pack), dataclasses.replace(moment, batch=in_packs(moment.batch, self.pack))

    def _seen(self, x: Images, moment: Moment, side: Side) -> Images:
        """Return what is judged of packs: tricks change each image."""
        x = x if self.pack == 1 else unpack(x, self.pack)
        for trick in self.tricks:
            x = trick.inputs(x, moment, side)
        return x if self.pack == 1 else pack(x, self.pack)

    def _discriminate(self, moment: Moment) -> Tensor:
        with torch.set_grad_enabled(moment.whole):
            made = self.images(moment).float()
        fake, packs = self._packs(made, moment)
        real = packs.batch.x
        due = [penalty for penalty in self.penalties if self._is_due(penalty)]
        shared = [p for p in due if p.at != "between" and not torch.is_autocast_enabled(real.device.type)]
        inputs: dict[str, Images] = {"real": real, "fake": fake}
        for side, x in inputs.items():  # in a whole turn images lead back to what made them
            inputs[side] = x if x.requires_grad else x.detach().requires_grad_(any(p.at == side for p in shared))
        judged = self._judge(inputs, moment)
        scores = {side: each.scores.float() for side, each in judged.items()}
        loss = self.loss.balanced(scores["real"], scores["fake"], self.memory["balance"])
        self._tell(packs, scores["real"], scores["fake"])
        total = loss.mean() + self._auxiliary(moment, judged["real"], judged["fake"]) + self._extra(moment)
        asked = [side for side in inputs if any(p.at == side for p in shared)]
        taken = slopes([judged[side].scores for side in asked], [inputs[side] for side in asked]) if asked else ()
        slope = dict(zip(asked, taken, strict=True))
        for penalty in due:
            values = (
                penalty.of(slope[penalty.at])
                if penalty in shared
                else penalty.value(lambda x: self._score(x, moment), real, fake, packs)
            ).mean()
            moment.figures[penalty.name()] = values.detach()
            total = total + penalty.interval * values
        if self.penalties:
            self.memory["turns"] = self.memory["turns"] + 1
        return total

    def _generate(self, moment: Moment) -> Tensor:
        fake, packs = self._packs(self.images(moment), moment)
        judged = self.discriminator.judge(self._seen(fake, moment, "fake"))
        real, opposed = judged, moment.whole and self.loss.zero_sum
        if self._sees_real or opposed:
            with torch.set_grad_enabled(moment.whole):
                real = self.discriminator.judge(self._seen(packs.batch.x, moment, "real"))
        scores = real.scores.float(), judged.scores.float()
        loss = -self.loss.discriminator(*scores) if opposed else self.loss.generator(*scores)
        for trick in self.tricks:
            other = trick.generator_loss(real, judged, packs)
            loss = loss if other is None else other
        return loss.mean() + self._auxiliary(moment, judged) + self._extra(moment)

    def _judge(self, inputs: dict[str, Images], moment: Moment) -> dict[str, Judgement]:
        seen = {side: self._seen(x, moment, side) for side, x in inputs.items()}  # type: ignore[arg-type]
        if not self.together:
            return {side: self.discriminator.judge(x) for side, x in seen.items()}
        both = self.discriminator.judge(torch.cat(list(seen.values())))
        halves = [(None, None) if each is None else each.chunk(2) for each in both]
        return {side: Judgement(*(each[i] for each in halves)) for i, side in enumerate(seen)}  # type: ignore[arg-type]

    def _score(self, x: Images, moment: Moment) -> Scores:
        return self.discriminator.judge(self._seen(x, moment, "real")).scores

    def _is_due(self, penalty: Penalty) -> bool:
        return penalty.interval == 1 or int(self.memory["turns"]) % penalty.interval == 0

    def _auxiliary(self, moment: Moment, *judged: Judgement) -> Tensor | float:
        """Return the cross-entropy of classes, over what the player is judged on."""
        if not self.generator.classes:
            return 0.0
        told = [F.cross_entropy(each.logits.float(), moment.batch.labels) for each in judged if each.logits is not None]
        moment.figures[f"{moment.player}_auxiliary"] = torch.stack(told).mean().detach()
        return self.auxiliary * torch.stack(told).sum()

    def _extra(self, moment: Moment) -> Tensor | float:
        module = self.players[moment.player]
        extras = [trick.extra(module, moment) for trick in self.tricks]
        return torch.stack([each for each in extras if each is not None] or [torch.zeros(())]).sum() if extras else 0.0

    def _tell(self, moment: Moment, real: Scores, fake: Scores) -> None:
        """Write down what the discriminator thinks, and let the loss move its balance."""
        real, fake = real.detach(), fake.detach()
        moment.figures.update({"real": real.mean(), "fake": fake.mean(), "accuracy": self.loss.accuracy(real, fake)})
        if self.loss.autoencodes:
            moment.figures["balance"] = self.memory["balance"]
            means = moment.mean(torch.stack([real, fake], 1))
            self.memory["balance"] = self.loss.rebalance(means[0], means[1], self.memory["balance"])
