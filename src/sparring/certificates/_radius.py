"""One image's certificate: a class guessed from some noisy copies, and proven from others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from scipy.stats import beta, norm
from torch import Tensor

from sparring.attacks._run import default_batch_size
from sparring.core.seeds import Streams, child_seed, sample_keys
from sparring.errors import InputError
from sparring.types import Images, Labels


@dataclass(frozen=True)
class Certificate:
    """What is proven of one image.

    Fields:
        predicted: the class guessed from the first copies, and certified if `radius` is not None.
        votes: how many of the `draws` fresh copies say it.
        draws: copies of the proof.
        share: p, the least share of all copies that says it, at confidence 1 − α.
        radius: in L2, the smoothed classifier says `predicted` everywhere closer than this; None where it abstains.
        most: the class that most of the fresh copies say, proven or not.
    """

    predicted: int
    votes: int
    draws: int
    share: float
    radius: float | None
    most: int


def lower_bound(votes: int, draws: int, alpha: float) -> float:
    """Return the least share of all copies, at confidence 1 − α, when `votes` of `draws` were seen.

    p̲ = the α-quantile of Beta(votes, draws − votes + 1): the share at which as many votes or more have a chance of α.
    Source: Clopper and Pearson 1934, one-sided.

    >>> round(lower_bound(1000, 1000, 0.001), 4), lower_bound(0, 1000, 0.001)
    (0.9931, 0.0)
    """
    return float(beta.ppf(alpha, votes, draws - votes + 1)) if votes else 0.0


def certified_radius(share: float, sigma: float) -> float | None:
    """Return σ Φ⁻¹(p̲), or None where the share does not reach one half and nothing is proven.

    A share of exactly one half is a radius of 0, which counts.
    Source: Cohen, Rosenfeld and Kolter 2019, arXiv 1902.02918, eq. 3 with p̄_B = 1 − p̲_A.

    >>> certified_radius(0.5, 0.25), certified_radius(0.49, 0.25), round(certified_radius(0.9931, 0.25), 3)
    (0.0, None, 0.616)
    """
    return sigma * float(norm.ppf(share)) if share >= 0.5 else None


def prove(
    classify: Callable[[Images], Labels],
    x: Images,
    sigma: float,
    *,
    classes: int,
    guesses: int = 100,
    draws: int = 1000,
    alpha: float = 0.001,
    seed: int = 0,
) -> Certificate:
    """Certify one image: guess its class from some noisy copies, and prove it by others drawn afresh.

    Were the class chosen and proven by the same copies, the bound would not hold (T43). The copies are decided by the
    pixels and the seed, so they do not depend on what else is certified, or in which order.

    Args:
        classify: images (n, *chw) → classes (n,).
        x: one image, (*chw).
        sigma: σ of the noise, in the unit of the pixels.
        classes: how many there are.
        guesses, draws: copies to guess with, and to prove with.
        alpha: the chance that the proof fails.

    Cost: guesses + draws forwards.
    Source: Cohen, Rosenfeld and Kolter 2019, arXiv 1902.02918, CERTIFY. **Differs**: nothing.

    >>> left = lambda x: (x[:, 0] > 0.5).long()
    >>> proof = prove(left, torch.tensor([0.9]), 0.25, classes=2, draws=20000)
    >>> proof.predicted, 0.37 < proof.radius < 0.4
    (1, True)
    """
    check_request(sigma, guesses, draws, alpha)
    guessed = int(tally(classify, x, sigma, guesses, classes, child_seed(seed, "guess")).argmax())
    counts = tally(classify, x, sigma, draws, classes, child_seed(seed, "prove"))
    votes = int(counts[guessed])
    share = lower_bound(votes, draws, alpha)
    return Certificate(guessed, votes, draws, share, certified_radius(share, sigma), int(counts.argmax()))


def check_request(sigma: float, guesses: int, draws: int, alpha: float) -> None:
    """Refuse what makes no proof."""
    if guesses < 1 or draws < 1 or not 0 < alpha < 0.5 or not sigma > 0:
        raise InputError(
            f"expected guesses and draws >= 1, alpha in (0, 0.5) and sigma > 0, got {guesses}, {draws}, {alpha} "
            f"and {sigma}"
        )


def tally(classify: Callable[[Images], Labels], x: Images, sigma: float, draws: int, classes: int, seed: int) -> Tensor:
    """Return how many of `draws` noisy copies of one image get each class, (classes,)."""
    streams = Streams(sample_keys(x[None], seed))
    block = default_batch_size(x[None])
    counts = torch.zeros(classes, dtype=torch.int64)
    for start in range(0, draws, block):
        count = min(block, draws - start)
        # Always a whole block: what a copy looks like must not depend on how many are asked for.
        noise = streams.normal((block, *x.shape), x.dtype)[0, :count]
        said = classify(x + sigma * noise).cpu()
        counts += torch.bincount(said, minlength=classes)
    return counts
