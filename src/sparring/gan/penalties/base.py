"""A penalty on the slope of the score, at real images, generated ones, or points near or between them."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from sparring.errors import InputError
from sparring.gan._moment import Moment
from sparring.registry import Unit
from sparring.types import Images, Scores


@dataclass(frozen=True)
class Penalty(Unit, ABC):
    """What is added to the discriminator's loss, one value an image (n,), made of ∇ₓ of its own score.

    Subclasses are final. `at` says where the slope is taken: at "real" or "fake" images, where the pass that made the
    score serves again, or "between", at points of its own. Every penalty has a field `every`: it is asked for in every
    so many turns of the discriminator, and counts as much more then (G16). It is part of the same loss and the same
    step, so no optimizer needs another learning rate for it.
    """

    kind: ClassVar[str] = "penalty"
    at: ClassVar[Literal["real", "fake", "between"]] = "between"

    @property
    def interval(self) -> int:
        """The field `every`."""
        every: int = vars(self)["every"]
        return every

    @abstractmethod
    def of(self, slope: Images) -> Scores:
        """Return the penalty (n,) of slopes (n, *chw), its weight included."""

    def points(self, real: Images, fake: Images, moment: Moment) -> Images:
        """Return where the slope is taken."""
        return real if self.at == "real" else fake

    def value(self, score: Callable[[Images], Scores], real: Images, fake: Images, moment: Moment) -> Scores:
        """Return the penalty (n,) of a discriminator, computed in float32 whatever surrounds it (G15).

        Cost: one forward, and one backward that is itself differentiated.
        """
        points = self.points(real, fake, moment).float()
        points = points if points.requires_grad else points.detach().requires_grad_(True)
        with torch.autocast(points.device.type, enabled=False):
            (slope,) = slopes([score(points)], [points])
            return self.of(slope)


def slopes(scores: list[Scores], points: list[Images]) -> tuple[Images, ...]:
    """Return the slope of each image's score, with a graph; one pass for all, as no score knows another's image."""
    total = torch.stack([each.sum() for each in scores]).sum()
    return torch.autograd.grad(total, points, create_graph=True)


def squared_length(slope: Images) -> Scores:
    """Return ‖∇‖² (n,)."""
    return slope.flatten(1).square().sum(1)


def mixes_samples(discriminator: nn.Module, sample: Images) -> bool:
    """Say whether an image's score depends on the others of its batch: then it has no slope of its own (G14).

    It is tried: on a copy in training mode, with one of two images (2, *chw) exchanged.
    """
    devices = [sample.device] if sample.is_cuda else []
    scores = []
    for second in (sample[1], 1 - sample[1]):
        net = copy.deepcopy(discriminator).train()
        with torch.random.fork_rng(devices=devices), torch.no_grad():
            torch.manual_seed(0)
            scores.append(net(torch.stack([sample[0], second]))[0])
    return not torch.allclose(scores[0], scores[1], rtol=1e-4, atol=1e-6, equal_nan=True)


def check_fields(unit: Penalty, every: int, **weights: float) -> None:
    """Refuse intervals below 1 and weights that are not above 0."""
    if every < 1:
        raise InputError(f"expected every of {unit.name()} >= 1, got {every}")
    for name, weight in weights.items():
        if not weight > 0:
            raise InputError(f"expected {name} of {unit.name()} > 0, got {weight}")


def beside(values: Tensor, images: Images) -> Tensor:
    """Return one number an image (n,) in a shape that multiplies images (n, *chw)."""
    return values.view(-1, *[1] * (images.ndim - 1))
