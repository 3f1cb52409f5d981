"""Images from a trained generator: each code by its number and a seed, so the same image comes again."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.core.seeds import Streams, child_seed, index_keys
from sparring.errors import InputError
from sparring.gan.nets import Generator
from sparring.types import Images, Labels

BATCH = 250
"""Codes that go through a generator together."""


def codes(n: int, latent: int, seed: int = 0, first: int = 0) -> Tensor:
    """Return codes (n, latent), standard normal: number `first` and those behind it, the same on every device (G25).

    >>> torch.equal(codes(5, 3)[2:4], codes(2, 3, first=2))
    True
    """
    keys = index_keys(torch.arange(first, first + n), child_seed(seed, "codes"))
    return Streams(keys).normal((latent,))


@torch.no_grad()
def generate(
    generator: Generator, n: int, *, seed: int = 0, labels: Labels | None = None, z: Tensor | None = None
) -> Images:
    """Return images (n, *shape) in [0, 1] on the CPU, of the codes of a seed or of `z` (n, latent).

    A conditional generator is asked for classes 0, 1, 2, ... in turn unless `labels` (n,) say which. The generator is
    put in eval mode, where a code gives the same image in any company (G21), and left as found.

    Raises: InputError when labels or codes do not fit.

    >>> from sparring.gan.nets.dense import Dense
    >>> generate(Dense(latent=4).generator((2,)), 3).shape
    torch.Size([3, 2])
    """
    z = codes(n, generator.latent, seed) if z is None else z
    if z.shape != (n, generator.latent):
        raise InputError(f"expected codes of shape ({n}, {generator.latent}), got {tuple(z.shape)}")
    if labels is not None and (not generator.classes or labels.shape != (n,)):
        what = f"{n} labels" if generator.classes else "no labels of a generator without classes"
        raise InputError(f"expected {what}, got some of shape {tuple(labels.shape)}")
    if generator.classes and labels is None:
        labels = torch.arange(n) % generator.classes
    place = next(generator.parameters()).device
    before = [(module, module.training) for module in generator.modules()]
    generator.eval()
    try:
        made = [
            generator(z[rows].to(place), None if labels is None else labels[rows].to(place)).float().cpu()
            for rows in torch.split(torch.arange(n), BATCH)
        ]
    finally:
        for module, training in before:
            module.training = training
    return torch.cat(made).contiguous() if made else torch.zeros(0, *generator.shape)
