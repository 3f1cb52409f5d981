"""The game of a GAN that infers codes: an image is judged beside its code, or a net learns from what is made."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor

from sparring.core.group import Group
from sparring.errors import InputError
from sparring.gan._moment import Moment, Side
from sparring.gan.game import GanGame
from sparring.gan.inference._nets import apart, beside
from sparring.gan.inference.base import Inference, Made, encoder_of
from sparring.gan.losses import GanLoss
from sparring.gan.nets import Discriminator, Generator, Judgement
from sparring.gan.penalties import Penalty
from sparring.gan.tricks import Trick
from sparring.types import Images


class InferenceGame(GanGame):
    """The same two players. What infers codes is a part of the generator, with which it moves and is averaged.

    In a joint game the discriminator tells (x, E(x)) of real images from (G(z), z) of made ones; in its own turn
    neither net has a graph. `inference` says what the generator's turn is for. Figures: those of the unit.

    Raises: InputError for a loss, a trick or nets that do not go with it.

    Cost: that of `GanGame`; in a joint game one forward of the encoder more in the discriminator's turn.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        loss: GanLoss,
        penalties: Sequence[Penalty] = (),
        tricks: Sequence[Trick] = (),
        *,
        inference: Inference,
        auxiliary: float = 1.0,
        together: bool = False,
        group: Group | None = None,
    ) -> None:
        self.inference = inference
        self._made: Images | None = None
        inference.check(loss)
        packs = [trick for trick in tricks if getattr(trick, "pack", 1) > 1]
        if packs and inference.single:
            raise InputError(f"expected {inference} or {packs[0]}, got both: a pack of images has no code")
        others = [trick for trick in tricks if type(trick).generator_loss is not Trick.generator_loss]
        if others and inference.answers:
            raise InputError(f"expected {inference} or {others[0]}, got both: the encoder learns from scores alone")
        if inference.alone and group is not None and group.size > 1:
            raise InputError(
                f"expected one process for {inference}, whose running mean is of whole batches, got {group.size}"
            )
        super().__init__(
            generator, discriminator, loss, penalties, tricks, auxiliary=auxiliary, together=together, group=group
        )

    def images(self, moment: Moment) -> Images:
        """Return the generated images of a turn, in a joint game beside their codes."""
        made = self._made = super().images(moment)
        return beside(made, self._codes(moment)) if self.inference.joint else made

    def _codes(self, moment: Moment) -> Tensor:
        return moment.streams("z").normal((self.generator.latent,))

    def _real(self, moment: Moment) -> Images:
        """Return the real images of a turn, in a joint game beside the codes that the encoder gives them."""
        x = moment.batch.x
        encoder = encoder_of(self.generator)
        if not self.inference.joint or encoder is None:
            return x
        noise = moment.streams("encoder").normal((self.generator.latent,)) if encoder.gaussian else None
        return beside(x, encoder(x, noise))

    def _seen(self, x: Images, moment: Moment, side: Side) -> Images:
        """Show the discriminator images as tricks change them; codes stay as they are."""
        if not self.inference.joint or not self.tricks:
            return super()._seen(x, moment, side)
        images, codes = apart(x, self.discriminator.shape)
        return beside(super()._seen(images, moment, side), codes)

    def _discriminate(self, moment: Moment) -> Tensor:
        if not self.inference.joint:
            return super()._discriminate(moment)
        with contextlib.nullcontext() if moment.whole else torch.no_grad():
            real = self._real(moment).float()
        return super()._discriminate(dataclasses.replace(moment, batch=dataclasses.replace(moment.batch, x=real)))

    def _auxiliary(self, moment: Moment, *judged: Judgement) -> Tensor | float:
        """Add, in both turns, what inference wants of the features of made images."""
        told = self.inference.told(self._codes(moment), judged[-1], self.discriminator, moment)
        return super()._auxiliary(moment, *judged) + (0.0 if told is None else told)

    def _generate(self, moment: Moment) -> Tensor:
        total = self._of_pairs(moment) if self.inference.joint else super()._generate(moment)
        images, self._made = self._made, None
        assert images is not None
        extra = self.inference.extra(Made(moment, self.generator, self._codes(moment), images, total))
        return total if extra is None else total + extra

    def _of_pairs(self, moment: Moment) -> Tensor:
        """Return what generator and encoder want of the scores of made pairs, and of real ones where that is asked."""
        judged = self.discriminator.judge(self._seen(self.images(moment), moment, "fake"))
        real = judged
        if self.inference.answers or self._sees_real:
            with torch.set_grad_enabled(self.inference.answers or moment.whole):
                real = self.discriminator.judge(self._seen(self._real(moment), moment, "real"))
        loss = self.inference.scores_loss(self.loss, real.scores.float(), judged.scores.float())
        for trick in self.tricks:
            other = trick.generator_loss(real, judged, moment)
            loss = loss if other is None else other
        return loss.mean() + self._auxiliary(moment, judged) + self._extra(moment)
