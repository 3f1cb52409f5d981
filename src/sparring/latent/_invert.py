"""The code whose image is nearest to a given one: the best of many at random, then descent from several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.attacks._adam import Adam
from sparring.core.frozen import frozen
from sparring.core.seeds import child_seed
from sparring.errors import InputError
from sparring.gan import Generator, codes, generate
from sparring.metrics._nearest import squared_distances
from sparring.types import Images, Labels

BATCH = 256
"""Codes that descend together."""


@dataclass(frozen=True, eq=False)
class Inversion:
    """What was found for each of n images.

    Fields:
        codes: (n, latent).
        labels: (n,) classes that go with them, for a conditional generator.
        images: (n, *shape) what the generator makes of them.
        error: (n,) mean squared error of those, a value of the image.
        drawn: (n, *shape) the nearest of the random images that the search began with; drawn_error: (n,) theirs.
        guessed: (n, *shape) what the generator makes of the codes that were given to begin with; guessed_error: (n,)
            theirs; None where none were.
    """

    codes: Tensor
    labels: Labels | None
    images: Images
    error: Tensor
    drawn: Images
    drawn_error: Tensor
    guessed: Images | None = None
    guessed_error: Tensor | None = None


def invert(
    generator: Generator,
    images: Images,
    *,
    tries: int = 1000,
    starts: int = 4,
    steps: int = 300,
    lr: float = 0.05,
    prior: float = 0.0,
    features: Callable[[Images], Tensor] | None = None,
    weight: float = 1.0,
    guess: Tensor | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Inversion:
    """Find for each image the code that the generator makes the nearest one of.

    min over z of mean((G(z) − x)²) + prior · mean(z²) + weight · ‖f(G(z)) − f(x)‖² / ‖f(x)‖²

    Args:
        images: (n, *shape) in [0, 1].
        tries: ≥ starts, random codes, the same for all images; of a conditional generator all classes in turn, and a
            code keeps its class.
        starts: ≥ 1, of the nearest of them, that Adam descends from; the best point that any of them passes counts.
        steps: ≥ 0, of each.
        lr: > 0, its learning rate at first; it falls in a line to 0.
        prior: ≥ 0. Without one, codes may come out longer than those the generator was trained on.
        features: f, such as a discriminator's, (n, *shape) → (n, d), for an error that is not of pixels alone.
        weight: ≥ 0, of that.
        guess: codes (n, latent) to descend from as well, such as an encoder's; of a generator without classes.
        progress: is told how many of the images are done.

    Returns: Inversion. An image's code does not depend on the others, but for rounding.

    Raises: InputError for images of another shape, and numbers out of range.

    Cost: tries forwards of the generator in all, and starts · steps forwards and backwards an image.

    Source: Zhu, Krähenbühl, Shechtman and Efros 2016, arXiv 1609.03552, section 3.1; Lipton and Tripathi 2017, arXiv
    1702.04782. **Differs**: starts are the best of many; Adam, not L-BFGS, and no clipping of codes.

    >>> from sparring.gan.nets.dense import Dense
    >>> net = Dense(latent=2, hidden=(4,)).generator((3,)).eval()
    >>> invert(net, net(torch.ones(1, 2)).detach(), steps=50).error.item() < 1e-3
    True
    """
    if images.shape[1:] != generator.shape or not len(images):
        raise InputError(f"expected images (n, *{generator.shape}) like the generator's, got {tuple(images.shape)}")
    if not 1 <= starts <= tries or steps < 0 or not (lr > 0 and prior >= 0 and weight >= 0):
        raise InputError(
            f"expected 1 <= starts <= tries, steps >= 0, lr > 0, prior >= 0 and weight >= 0, got starts {starts}, "
            f"tries {tries}, steps {steps}, lr {lr}, prior {prior} and weight {weight}"
        )
    if guess is not None and (generator.classes or guess.shape != (len(images), generator.latent)):
        wanted = "no guess for a generator of classes, not" if generator.classes else "a guess of"
        raise InputError(
            f"expected {wanted} {generator.latent} numbers an image, got codes of shape {tuple(guess.shape)}"
        )
    images = images.detach().float().cpu()
    pool = codes(tries, generator.latent, child_seed(seed, "invert"))
    classes = torch.arange(tries) % generator.classes if generator.classes else None
    made = generate(generator, tries, labels=classes, z=pool)
    near = torch.cat(
        [
            block.topk(starts, largest=False).indices
            for _, block in squared_distances(images.flatten(1), made.flatten(1))
        ]
    )
    found, kept = [], []
    each = max(1, BATCH // starts)
    with frozen(generator):
        for first in range(0, len(images), each):
            rows = near[first : first + each]
            descent = _Descent(generator, images[first : first + each], None if classes is None else classes[rows])
            start = pool[rows]
            if guess is not None:
                start = torch.cat([guess[first : first + each, None].detach().float().cpu(), start], 1)
            best, place = descent.run(start, steps, lr, prior, features, weight)
            found.append(best)
            if classes is not None:
                kept.append(rows.gather(1, place[:, None])[:, 0])
            if progress is not None:
                progress(min(first + each, len(images)), len(images))
    z, labels = torch.cat(found), None if classes is None else classes[torch.cat(kept)]
    rebuilt, drawn = generate(generator, len(z), labels=labels, z=z), made[near[:, 0]]
    guessed = None if guess is None else generate(generator, len(z), z=guess.detach().float().cpu())
    return Inversion(
        z, labels, rebuilt, _error(rebuilt, images), drawn, _error(drawn, images), guessed,
        None if guessed is None else _error(guessed, images),
    )  # fmt: skip


def nearest_other(images: Images, others: Images) -> tuple[Tensor, Tensor]:
    """Return the mean squared error of the nearest of other images that is not the image itself, and which, both (n,).

    >>> error, which = nearest_other(torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, 1.0], [1.0, 1.0]]))
    >>> error.tolist(), which.tolist()
    ([0.5], [1])
    """
    blocks = squared_distances(images.flatten(1), others.flatten(1))
    parts = [block.masked_fill(block == 0, torch.inf).min(1) for _, block in blocks]
    error = torch.cat([part.values for part in parts]) / images[0].numel()
    return error, torch.cat([part.indices for part in parts])


class _Descent:
    """Adam on several codes of each image at once; what one does is no concern of another."""

    def __init__(self, generator: Generator, images: Images, labels: Tensor | None) -> None:
        self.generator, self.place = generator, next(generator.parameters()).device
        self.x = images.to(self.place)
        self.y = None if labels is None else labels.flatten().to(self.place)

    def run(
        self,
        start: Tensor,
        steps: int,
        lr: float,
        prior: float,
        features: Callable[[Images], Tensor] | None,
        weight: float,
    ) -> tuple[Tensor, Tensor]:
        """Return the best code of each image, (n, latent), and which start led to it, (n,)."""
        n, starts, latent = start.shape
        x = self.x.repeat_interleave(starts, 0)
        if features is not None:
            wanted = features(self.x).detach().flatten(1).repeat_interleave(starts, 0)
            scale = weight / wanted.square().sum(1).clamp_min(1e-12)
        z = start.flatten(0, 1).to(self.place).requires_grad_()
        best, lowest = z.detach().clone(), torch.full((n * starts,), torch.inf, device=self.place)
        adam = Adam(best)  # torch's own takes five seconds to import
        for step in range(steps + 1):
            made = self.generator(z, self.y).float()
            values = (made - x).flatten(1).square().mean(1) + prior * z.square().mean(1)
            if features is not None:
                values = values + scale * (features(made).flatten(1) - wanted).square().sum(1)
            better = values.detach() < lowest
            lowest = torch.where(better, values.detach(), lowest)
            best = torch.where(better[:, None], z.detach(), best)
            if step < steps:
                (slope,) = torch.autograd.grad(values.sum(), z)
                z = (z.detach() - lr * (1 - step / steps) * adam.direction(slope)).requires_grad_()
        place = lowest.view(n, starts).argmin(1)
        return best.view(n, starts, latent)[torch.arange(n), place].cpu(), place.cpu()


def _error(made: Images, images: Images) -> Tensor:
    return (made - images).flatten(1).square().mean(1)
