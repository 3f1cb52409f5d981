"""A game of one number at one moment: the densities of data and generator, and what the discriminator says of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.data import Dataset
from sparring.games import Table
from sparring.gan import codes, generate
from sparring.gan.game import DISCRIMINATOR, GENERATOR
from sparring.gan.losses import GanLoss
from sparring.gan.losses.lsgan import Lsgan
from sparring.gan.losses.minimax import Minimax
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets import Discriminator, Generator
from sparring.types import Scores

SAMPLES = 10_000
"""Codes behind the density of the generator."""
PLACES = 256
"""Places in [0, 1] at which curves are known."""
BREADTH = 0.012
"""Standard deviation of the normal kernel under which numbers become a density."""
MOVES = 41
"""Codes whose numbers are shown one by one."""


@dataclass(frozen=True, eq=False)
class Curves:
    """The game at one moment, at places x in [0, 1]; all (PLACES,) float64.

    Fields:
        images: trained on so far.
        x, data, made: places, and there the densities p of the data and q of the generator's weights, not of their
            average: it is the weights that the discriminator meets.
        judged: what the discriminator says, in [0, 1] but for errors: its D(x) where the loss gives that a meaning,
            else its scores, centered and scaled.
        best: the best D for these densities, α p / (p + q), with α the target of real samples; None where the loss
            has another. It is NaN where there is neither data nor sample.
        starts, ends: codes u in (0, 1) and their numbers, (m,): equal steps of probability, where a code is one number.
            Of longer codes only numbers are known: `starts` is None.
    """

    images: int
    x: Tensor
    data: Tensor
    made: Tensor
    judged: Tensor
    best: Tensor | None
    starts: Tensor | None
    ends: Tensor


def density(numbers: Tensor) -> Tensor:
    """Return the density (PLACES,) of numbers (n,) in [0, 1]: their histogram under a normal kernel.

    What the kernel would put outside is turned back at the ends, so the density is 1 in all.

    >>> round(density(torch.rand(1000)).mean().item(), 6)
    1.0
    """
    counts = torch.histc(numbers.double().clamp(0, 1), PLACES, 0.0, 1.0) * (PLACES / len(numbers))
    reach = round(4 * BREADTH * PLACES)
    kernel = torch.exp(-((torch.arange(-reach, reach + 1).double() / (BREADTH * PLACES)) ** 2) / 2)
    ends = torch.cat([counts[:reach].flip(0), counts, counts[-reach:].flip(0)])
    return F.conv1d(ends[None, None], (kernel / kernel.sum())[None, None])[0, 0]


@torch.no_grad()
def curves(loss: GanLoss, table: Table, data: Dataset) -> Curves:
    """Return the curves of a table's players on samples of one number.

    Both players are in eval mode meanwhile, and left as found; no random number is drawn (G25). A conditional generator
    is asked for the classes of the data, in their order.

    Cost: SAMPLES codes through the generator, PLACES numbers through the discriminator.
    """
    generator, discriminator = (table.players[name].module for name in (GENERATOR, DISCRIMINATOR))
    assert isinstance(generator, Generator)
    assert isinstance(discriminator, Discriminator)
    x = (torch.arange(PLACES).double() + 0.5) / PLACES
    p, q = density(data.images()[:, 0]), density(_made(generator, _codes(SAMPLES, generator.latent), data))
    scores, starts = _scores(discriminator, x.float()[:, None]), None
    if generator.latent == 1:
        starts, ends = _steps(MOVES), _made(generator, _codes(MOVES, 1), data)
    else:
        ends = _made(generator, _codes(2 * MOVES, generator.latent), data)
    judged, target = opinion(loss, scores)
    best = None if target is None else (target * p / (p + q)).where(p + q > 0.01, torch.nan)
    return Curves(table.images, x, p, q, judged, best, starts, ends.double())


def opinion(loss: GanLoss, scores: Scores) -> tuple[Tensor, float | None]:
    """Return what scores (n,) say in [0, 1], and α, where α p / (p + q) is the best that can be said under the loss.

    >>> opinion(NonSaturating(smoothing=0.1), torch.tensor([0.0]))
    (tensor([0.5000]), 0.9)
    """
    if isinstance(loss, Minimax | NonSaturating):
        return scores.sigmoid(), 1 - loss.smoothing
    if isinstance(loss, Lsgan):
        return scores, 1 - loss.smoothing
    away = scores - (scores.mean() if loss.middle is None else loss.middle)
    return (away / away.square().mean().sqrt().clamp_min(1e-12)).sigmoid(), None


def _steps(n: int) -> Tensor:
    return (torch.arange(n).double() + 0.5) / n


def _codes(n: int, latent: int) -> Tensor:
    """Return codes (n, latent) with as little chance in them as may be: quantiles, where a code is one number."""
    return torch.special.ndtri(_steps(n))[:, None].float() if latent == 1 else codes(n, latent)


def _made(generator: Generator, z: Tensor, data: Dataset) -> Tensor:
    labels = None
    if generator.classes and data.labels is not None:
        labels = data.labels[torch.arange(len(z)) % len(data)]
    return generate(generator, len(z), labels=labels, z=z)[:, 0]


def _scores(discriminator: Discriminator, x: Tensor) -> Tensor:
    modes = [(module, module.training) for module in discriminator.modules()]
    discriminator.eval()
    try:
        found = discriminator(x.to(next(discriminator.parameters()).device))
    finally:
        for module, training in modes:
            module.training = training
    return cast(Tensor, found).double().cpu()
