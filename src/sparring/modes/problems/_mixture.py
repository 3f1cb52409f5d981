"""Normal distributions around centers, all alike and equally likely."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.modes.problems.base import Judge, Placed, Problem


@dataclass(frozen=True)
class Mixture(Problem):
    """x = c_k + σ ε on the first `noisy` coordinates and x = c_k on the others; k uniform, ε standard normal.

    Subclasses give `centers`. `sd` is σ; `half` is half the side of the box [−half, half]^d that becomes [0, 1]^d, wide
    enough that no sample is ever outside; `limit` is the distance, in σ, up to which a sample is of high quality, and
    `published` that of the papers where it is another.
    """

    sd: ClassVar[float]
    half: ClassVar[float]
    noisy: ClassVar[int] = 2
    limit: ClassVar[float] = 3.0
    published: ClassVar[float | None] = None

    @abstractmethod
    def centers(self) -> Tensor:
        """Return the modes' centers (K, d), float64."""

    @property
    def modes(self) -> int:
        """How many centers there are."""
        return len(self.centers())

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of coordinates."""
        return (self.centers().shape[1],)

    def draw(self, n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
        """Return points (n, d) float32, and their modes (n,)."""
        if n < 1:
            raise InputError(f"expected at least 1 sample of {self}, got {n}")
        generator = torch.Generator().manual_seed(child_seed(seed, "problem"))
        modes = torch.randint(self.modes, (n,), generator=generator)
        x = self.centers()[modes].float()
        x[:, : self.noisy] += self.sd * torch.randn(n, min(self.noisy, x.shape[1]), generator=generator)
        return x, modes

    def data(self, n: int | None = None, seed: int = 0) -> Dataset:
        """Return points in [0, 1]^d, labeled by mode."""
        x, modes = self.draw(self.training if n is None else n, child_seed(seed, "training"))
        names = tuple(str(mode) for mode in range(self.modes))
        return Dataset(self.boxed(x), modes, names, name=f"{self}, {len(x)} points of seed {seed}")

    def judge(self, folder: Path | None = None) -> Judge:
        """Return what finds the nearest center, and how many σ it is away."""
        centers = self.centers()

        def place(x: Tensor) -> Placed:
            if x.ndim != 2 or x.shape[1] != centers.shape[1]:
                raise InputError(f"expected samples (n, {centers.shape[1]}) of {self}, got {tuple(x.shape)}")
            distances = torch.cdist(x.double(), centers, compute_mode="donot_use_mm_for_euclid_dist") / self.sd
            nearest, mode = distances.min(1)
            told = None if self.published is None else nearest <= self.published
            return Placed(mode, nearest <= self.limit, nearest, told)

        return place

    def boxed(self, x: Tensor) -> Tensor:
        """Return (x / half + 1) / 2."""
        return (x / self.half + 1) / 2

    def unboxed(self, images: Tensor) -> Tensor:
        """Return half (2 u − 1)."""
        return self.half * (2 * images - 1)
