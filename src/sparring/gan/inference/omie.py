"""A generator that is paid for what its images say of their codes, by an estimate that is learned as it goes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from sparring.core.bound import corrected_loss, donsker_varadhan
from sparring.errors import InputError
from sparring.gan._moment import Moment
from sparring.gan.inference._nets import JointDiscriminator, beside
from sparring.gan.inference.base import Inference, Made, check_numbers
from sparring.gan.nets import Discriminator, Generator, Nets

MEMORY = "mean of e^T"


@dataclass(frozen=True)
class Omie(Inference):
    """A net T(x, z) makes E T(G(z), z) − log E e^T(G(z), z') large, a bound on I(G(z); z), and so does G.

    The gradient of the logarithm is that of a running mean (G28). What reaches the generator's weights is β times the
    bound's gradient, made no longer than that of its own loss: min(1, ‖g‖ / ‖β g_I‖), since the information of a
    deterministic generator has no bound, and its estimate must not outweigh the game.

    Fields:
        weight: β > 0.
        rate: weight in (0, 1] of a batch in the running mean of e^T.
        width: ≥ 1, units of the layers in which image and code meet.

    Shapes: images (n, *shape), codes (n, latent). Figures: `information`, the bound on the batch, in nats, about log n
    at most; `clipped`, the factor on its gradient.

    Cost: in the generator's turn two forwards and backwards of T, and two more backwards of the generator.

    Source: Belghazi et al. 2018, arXiv 1801.04062, sections 3.2 and 5.1. **Differs**: T is the family's discriminator
    with an input for codes; other codes z' are those of the batch moved on by one; T learns at the generator's rate,
    and all of the code counts, where the paper takes a part of it.

    >>> Omie().joint, Omie().single
    (False, False)
    """

    cites = ("belghazi2018",)
    single: ClassVar[bool] = False
    alone: ClassVar[bool] = True
    weight: float = 1.0
    rate: float = 0.01
    width: int = 256

    def __post_init__(self) -> None:
        check_numbers(self, width=self.width, weight=self.weight, rate=self.rate)
        if self.rate > 1:
            raise InputError(f"expected rate of omie in (0, 1], got {self.rate}")

    def build(self, generator: Generator, discriminator: Discriminator, nets: Nets) -> tuple[Generator, Discriminator]:
        """Give the generator a net that tells images with their codes from images with others."""
        judge = nets.discriminator(generator.shape)
        generator.inference = JointDiscriminator(judge, generator.latent, self.width)
        return generator, discriminator

    def extra(self, made: Made) -> Tensor | None:
        """Return minus the bound, for T as it is, for the generator with a gradient cut to the length of its own."""
        moment, own = made.moment, [p for p in made.generator.body.parameters() if p.requires_grad]
        (loss, memory), bound = self._loss(made.generator, made.images, made.z, moment)
        share = loss.new_ones(())
        if own:
            slopes = [
                torch.stack([s.square().sum() for s in torch.autograd.grad(what, own, retain_graph=True)]).sum().sqrt()
                for what in (made.loss, self.weight * loss)
            ]
            share = (slopes[0] / slopes[1].clamp(min=1e-12)).clamp(max=1.0)
            held = made.images.detach()
            passed = held + self.weight * share * (made.images - held)  # T's own gradient is not cut
            (loss, memory), bound = self._loss(made.generator, passed, made.z, moment)
        moment.memory[MEMORY] = memory
        moment.figures.update({"information": bound, "clipped": share})
        return loss

    def _loss(
        self, generator: Generator, images: Tensor, z: Tensor, moment: Moment
    ) -> tuple[tuple[Tensor, Tensor], Tensor]:
        """Return the corrected loss with the next running mean, and the bound."""
        statistic = generator.inference
        assert statistic is not None
        ours = statistic(beside(images, z)).float()
        others = statistic(beside(images, z.roll(1, 0))).float()
        memory = moment.memory.get(MEMORY, ours.new_tensor(-math.inf))
        bound = donsker_varadhan(ours.detach(), others.detach())
        return corrected_loss(ours, others, memory, self.rate), bound
