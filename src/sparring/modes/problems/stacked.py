"""A thousand modes: three digits, one in each color channel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import torch
from torch import Tensor

from sparring.core.seeds import child_seed
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.modes.problems._digits import NET, Digits, digits_of
from sparring.modes.problems.base import Judge, Placed, Problem


@dataclass(frozen=True)
class Stacked(Problem):
    """Pictures of three channels, each an independent picture of one of ten classes: mode = 100 a + 10 b + c.

    Triples are drawn from the training part of `of`, each a fresh draw. Which mode a sample is of is what a classifier
    says of each channel; every sample is of some mode, and all count as of high quality. The classifier is trained on
    first use and kept with its accuracy. It sees generated and real channels alike, as levels of 255 in [0, 1] (G32).

    Fields: `of`, the classes: mnist5k, 5,000 digits of MNIST, or fashion-mnist.

    Shapes: samples (n, 3, 28, 28).

    Raises: InputError when the data are not on this machine.

    Source: Metz et al. 2017, arXiv 1611.02163, section 3.3.2; 26,000 samples: Srivastava et al. 2017, arXiv 1705.07761;
    128,000 triples to train on: Lin, Khetan, Fanti and Oh 2018, arXiv 1712.04086.
    **Differs**: 5,000 digits and not 60,000; the classifier is ours, its accuracy on unseen pictures kept with it.

    >>> Stacked().modes, Stacked().shape, Stacked.samples
    (1000, (3, 28, 28), 26000)
    """

    cites = ("metz2017", "srivastava2017", "lin2018")
    samples: ClassVar[int] = 26_000
    training: ClassVar[int] = 128_000
    judged_by: ClassVar[str] = NET
    of: Literal["mnist5k", "fashion-mnist"] = "mnist5k"

    @property
    def modes(self) -> int:
        """Ten to the third."""
        return 1000

    @property
    def shape(self) -> tuple[int, ...]:
        """Three channels of 28 × 28."""
        return (3, 28, 28)

    def draw(self, n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
        """Return triples (n, 3, 28, 28) in [0, 1] of pictures that no classifier has seen, and their modes (n,)."""
        pixels, modes = self._triples("test", n, child_seed(seed, "stacked"))
        return pixels.float() / 255, modes

    def data(self, n: int | None = None, seed: int = 0) -> Dataset:
        """Return triples of training pictures, as levels."""
        n = self.training if n is None else n
        pixels, modes = self._triples("train", n, child_seed(seed, "stacked training"))
        names = tuple(f"{mode:03d}" for mode in range(1000))
        return Dataset(pixels, modes, names, name=f"{self}, {n} triples of seed {seed}")

    def judge(self, folder: Path | None = None) -> Judge:
        """Return what names the mode of samples, by a classifier that is kept in `folder`."""
        return Channels(digits_of(self.of, folder))

    def boxed(self, x: Tensor) -> Tensor:
        """Return the pictures: they are in [0, 1]."""
        return x

    def unboxed(self, images: Tensor) -> Tensor:
        """Return the pictures."""
        return images

    def _triples(self, part: str, n: int, seed: int) -> tuple[Tensor, Tensor]:
        if n < 1:
            raise InputError(f"expected at least 1 sample of {self}, got {n}")
        source = load_data(f"{self.of}:{part}")
        assert source.labels is not None
        generator = torch.Generator().manual_seed(seed)
        label = torch.randint(10, (n, 3), generator=generator)
        place = torch.empty(n, 3, dtype=torch.int64)
        for kind in range(10):
            own = (source.labels == kind).nonzero()[:, 0]
            wanted = label == kind
            place[wanted] = own[torch.randint(len(own), (int(wanted.sum()),), generator=generator)]
        return source.pixels[place][:, :, 0], label @ torch.tensor([100, 10, 1])


class Channels:
    """Places pictures by what a classifier says of each of their channels."""

    def __init__(self, digits: Digits) -> None:
        self.digits = digits

    def __call__(self, x: Tensor) -> Placed:
        """Return the modes (n,) of pictures (n, 3, 28, 28) in [0, 1], rounded to levels of 255 as files have them."""
        if x.ndim != 4 or x.shape[1:] != (3, 28, 28):
            raise InputError(f"expected samples (n, 3, 28, 28), got {tuple(x.shape)}")
        named = self.digits.name((x * 255).round().clamp(0, 255).flatten(0, 1)[:, None] / 255).view(-1, 3)
        return Placed(named @ torch.tensor([100, 10, 1]), torch.ones(len(x), dtype=torch.bool))
