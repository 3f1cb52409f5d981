"""The figure of a perfect sampler: no histogram of finitely many samples is flat."""

from __future__ import annotations

import functools

import torch

from sparring.core.seeds import child_seed
from sparring.errors import InputError
from sparring.modes._measures import reverse_kl

TRIES = 400


@functools.cache
def kl_floor(modes: int, n: int, tries: int = TRIES, seed: int = 0) -> float:
    """Return the mean reverse KL, in nats, that n samples of exactly the uniform distribution on K modes have.

    Simulated; (K − 1) / 2n is its first term, too small where modes are many. A table that has a lower figure than this
    shows luck, or samples that are more even than random ones are.

    Raises: InputError for sizes below 1.

    Source: the first term is Miller 1955's bias of the entropy. **Differs**: the mean of `tries` multinomial draws.

    >>> round(kl_floor(8, 2500), 4), round(kl_floor(25, 2500), 4)
    (0.0014, 0.0049)
    """
    if min(modes, n, tries) < 1:
        raise InputError(f"expected modes, n and tries >= 1, got {modes}, {n} and {tries}")
    generator = torch.Generator().manual_seed(child_seed(seed, "floor"))
    found = [
        reverse_kl(torch.bincount(torch.randint(modes, (n,), generator=generator), minlength=modes))
        for _ in range(tries)
    ]
    return sum(found) / tries
