"""How near generators come to images they were not shown, beside the nearest other real image and the mean one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from scipy.stats import t as student
from torch import Tensor

from sparring.audit.statistics import LEVEL
from sparring.core.frozen import frozen
from sparring.core.seeds import child_seed
from sparring.errors import InputError
from sparring.gan import Generator, codes, generate
from sparring.gan.inference import encoder_of
from sparring.latent._invert import BATCH, Inversion, invert
from sparring.metrics import Figure
from sparring.metrics._nearest import squared_distances
from sparring.types import Images

OWN, CHUNK = 32, 4096
"""Samples of a generator's own that are sought again; real images that are compared with together."""
TRUTH, MEAN = "truth", "mean"


@dataclass(frozen=True, eq=False)
class Likeness:
    """How near one row of the table comes to each of n images.

    Fields:
        name: the generator's, `truth`, `mean`, or "NAME's encoder".
        images: (n, *shape) the nearest it has; error: (n,) mean squared error of those, a value of the image.
        figure: the mean of the errors.
        over: by how much it exceeds that of the truth on the same images, below 0 where it is nearer.
        own: the same figure of samples of its own, of which the least is 0: what the search leaves. Of generators.
        length: mean length of the codes that were found, where that of random ones is near 1. Of generators.
    """

    name: str
    images: Images
    error: Tensor
    figure: Figure
    over: Figure
    own: Figure | None = None
    length: float | None = None


@dataclass(frozen=True, eq=False)
class Ivom:
    """A row a generator, one below it for its encoder, where it has one; then `truth` and `mean`.

    Fields: `real`, how many real images the nearest was looked for among; `seen`, how many of the n images are
    themselves among these, and so not held out.
    """

    rows: tuple[Likeness, ...]
    real: int
    seen: int

    def __getitem__(self, name: str) -> Likeness:
        for row in self.rows:
            if row.name == name:
                return row
        raise InputError(f"expected a row of {', '.join(row.name for row in self.rows)}, got {name!r}")


def ivom(
    generators: Mapping[str, Generator],
    images: Images,
    real: Images,
    *,
    tries: int = 1000,
    starts: int = 4,
    steps: int = 300,
    lr: float = 0.05,
    own: int = OWN,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Ivom:
    """Return how near generators come to held-out images when their codes are sought by descent.

    1/n Σ_x min over z of mean((G(z) − x)²), values in [0, 1]; in [−1, 1] it would be four times as much.

    `truth` is the same of the nearest other image among `real`, x' ≠ x: what a generator gets that has them by heart. A
    generator can be nearer, as it makes more images than these. `mean` is the error of the mean of `real`, which knows
    nothing of x. A generator that is near to most images and far from some misses the kind of these.

    Intervals are Student's over images, 95 %, for the generators and real images as they are. All rows are of the
    same images, and hard ones are hard for all, so intervals that overlap may hide a difference: `over` is paired.

    Args:
        generators: by the names of their rows.
        images: (n, *shape) in [0, 1], held out of every training.
        real: (m, *shape) in [0, 1], such as the training images; the same image as x does not count.
        tries, starts, steps, lr: as `invert` takes them. The figure is an upper bound: descent may miss the best code.
        own: ≥ 0 samples of each generator's own that are sought as well; where these are far off, seek longer.

    Raises: InputError for images of other shapes, none of them, a name that is taken, or nothing other among `real`.
    Cost: (n + own) · starts · (steps + 1) forwards and as many backwards of each generator, and n · m distances.

    Source: Metz et al. 2017, arXiv 1611.02163, section 3.4. **Differs**: descends by Adam from the best of many random
    codes, and from the encoder's where there is one, where the paper has L-BFGS from a few; truth, mean, own samples
    and intervals stand beside it.
    """
    if images.shape[1:] != real.shape[1:] or not len(images) or not len(real):
        raise InputError(
            f"expected held-out and real images of one shape, got {tuple(images.shape)} and {tuple(real.shape)}"
        )
    if own < 0 or not generators or not generators.keys().isdisjoint((TRUTH, MEAN)):
        raise InputError(
            f"expected own >= 0 and generators named other than {TRUTH} and {MEAN}, got own {own} and "
            f"{', '.join(generators) or 'none'}"
        )
    images, real = images.detach().float().cpu(), real.detach().float().cpu()
    which, seen = _nearest(images, real)
    near = _error(real[which], images)
    total, done = len(generators) * (len(images) + own), 0

    def sought(generator: Generator, x: Images, guess: Tensor | None = None) -> Inversion:
        nonlocal done
        start, done = done, done + len(x)
        told = None if progress is None else lambda reached, _: progress(start + reached, total)
        return invert(
            generator, x, tries=tries, starts=starts, steps=steps, lr=lr, guess=guess, seed=seed, progress=told
        )

    def row(name: str, made: Images, own: Figure | None = None, length: float | None = None) -> Likeness:
        error, reference = _error(made, images), len(real) if name in (TRUTH, MEAN) else 0
        over = _figure("ivom_over_truth", error - near, len(real), "paired images")
        return Likeness(name, made, error, _figure("ivom", error, reference), over, own, length)

    rows = []
    for name, generator in generators.items():
        guess = _encoded(generator, images)
        found = sought(generator, images, guess)
        asked = generate(generator, own, z=codes(own, generator.latent, child_seed(seed, "own")))
        left = _figure("ivom_own", _error(sought(generator, asked).images, asked)) if own else None
        rows.append(row(name, found.images, left, found.codes.norm(dim=1).mean().item() / math.sqrt(generator.latent)))
        if found.guessed is not None:
            rows.append(row(f"{name}'s encoder", found.guessed))
    mean = real.mean(0, dtype=torch.float64).float().expand_as(images)
    return Ivom((*rows, row(TRUTH, real[which]), row(MEAN, mean)), len(real), seen)


def _encoded(generator: Generator, images: Images) -> Tensor | None:
    """Return the codes (n, latent) that a generator's encoder gives images, where it has one that can be begun from."""
    encoder = encoder_of(generator)
    if encoder is None or generator.classes:
        return None
    with frozen(generator), torch.no_grad():
        parts = [encoder(part.to(next(encoder.parameters()).device)) for part in torch.split(images, BATCH)]
    return torch.cat(parts).float().cpu()


def _error(made: Images, images: Images) -> Tensor:
    return (made - images).flatten(1).double().square().mean(1)


def _nearest(images: Images, real: Images) -> tuple[Tensor, int]:
    """Return the place of the nearest other real image, (n,), and how many of the images are among these."""
    lowest = torch.full((len(images),), torch.inf, dtype=torch.float64)
    which, same = torch.zeros(len(images), dtype=torch.int64), torch.zeros(len(images), dtype=torch.bool)
    for first in range(0, len(real), CHUNK):
        for rows, block in squared_distances(images.flatten(1), real[first : first + CHUNK].flatten(1)):
            same[rows] |= (block == 0).any(1)
            part = block.masked_fill(block == 0, torch.inf).min(1)
            better = part.values < lowest[rows]
            which[rows] = torch.where(better, first + part.indices, which[rows])
            lowest[rows] = torch.where(better, part.values, lowest[rows])
    if not bool(lowest.isfinite().all()):
        raise InputError("expected real images other than the held-out ones, got the same ones alone")
    return which, int(same.sum())


def _figure(name: str, values: Tensor, reference: int = 0, over: str = "images") -> Figure:
    """Return the mean of values (n,) with Student's interval; of one value there is none.

    >>> str(_figure("ivom", torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)))
    'ivom 0.2 (-0.04841 to 0.4484)'
    """
    n, value = len(values), values.mean().item()
    reach = float(student.ppf((1 + LEVEL) / 2, n - 1)) * values.std().item() / math.sqrt(n) if n > 1 else 0.0
    ends = (value - reach, value + reach) if n > 1 else None
    return Figure(name, value, ends, f"Student's t over {over}", "lower", n, reference)
