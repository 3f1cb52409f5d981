"""How samples are spread over known modes: how many are reached, how evenly, how closely."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.modes._birthday import first_repeats, support
from sparring.modes.problems import Placed


@dataclass(frozen=True)
class ModeFigures:
    """What n samples say about K modes.

    Fields:
        n: samples.
        captured: modes with at least one sample of high quality that is nearest to it.
        quality: share of samples of high quality.
        kl: Σ p̂ ln(K p̂) over the nearest modes of all samples, in nats; 0 when each has as many. It has a floor: see
            `kl_floor`.
        covered: share of modes with at least a tenth of the samples that each should have, n / 10K.
        spread: root mean square of the distances of high-quality samples from their centers, in standard deviations of
            one coordinate; None where modes have no center. Below that of the truth, samples are too much alike.
        published: the share of high quality by the rule of the papers, where that is another one.
        support: how many modes, if all were equally likely, would repeat as soon as these do (birthday paradox).
    """

    n: int
    captured: int
    quality: float
    kl: float
    covered: float
    spread: float | None
    published: float | None
    support: float

    def record(self) -> dict[str, float | int | None]:
        """Return the figures by name as JSON has them: None where nothing repeats."""
        return {key: None if value == math.inf else value for key, value in dataclasses.asdict(self).items()}


def mode_figures(placed: Placed, modes: int, seed: int = 0) -> ModeFigures:
    """Return the figures of placed samples: pure, and the same in any order of them but for `support`'s draws.

    Raises: InputError for no samples, or modes that are not there.

    >>> figures = mode_figures(Placed(torch.tensor([0, 0, 1, 1]), torch.tensor([True, True, True, False])), modes=2)
    >>> figures.captured, figures.quality, figures.kl
    (2, 0.75, 0.0)
    """
    mode, good = placed.mode, placed.good
    if len(mode) == 0 or int(mode.min()) < 0 or int(mode.max()) >= modes:
        raise InputError(f"expected samples with modes from 0 to {modes - 1}, got {len(mode)} with others or none")
    counts = torch.bincount(mode, minlength=modes)
    near = None if placed.distance is None else placed.distance[good].double()
    return ModeFigures(
        len(mode),
        int((torch.bincount(mode[good], minlength=modes) > 0).sum()),
        float(good.double().mean()),
        reverse_kl(counts),
        float((counts >= len(mode) / (10 * modes)).double().mean()),
        None if near is None or len(near) == 0 else float(near.square().mean().sqrt()),
        None if placed.published is None else float(placed.published.double().mean()),
        support(first_repeats(mode, seed=seed)),
    )


def reverse_kl(counts: Tensor) -> float:
    """Return KL(p̂ ‖ uniform) = Σ p̂ ln(K p̂) of counts (K,), in nats: 0 for equal counts, ln K for a single mode.

    >>> round(reverse_kl(torch.tensor([5, 0])), 4)
    0.6931
    """
    shares = counts.double() / counts.sum()
    return float(torch.special.xlogy(shares, len(counts) * shares).sum().clamp(min=0))
