"""A discriminator that judges several samples at once: of a generator that makes one image only, all are the same."""

from __future__ import annotations

from dataclasses import dataclass

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.gan.nets import Discriminator, Generator
from sparring.gan.tricks.base import Trick


@dataclass(frozen=True)
class Packing(Trick):
    """Show the discriminator m samples of one origin at once, D(x₁, ..., x_m): all of them real, or all generated.

    Their channels are put one behind the other; of points (d,), their numbers. So the two distributions that it tells
    apart are pᵐ and qᵐ, and where q lacks modes these are much further apart than p and q.

    Fields: `m` ≥ 1, samples in a pack; 1 for none.

    Shapes: (n, c, ...) → (n / m, m c, ...), scores (n / m,). Neighbors in a batch make a pack, and are independent:
    each epoch has its own order, each code its own numbers. The last samples of a batch, fewer than m, are left out of
    that round. Only the first layer of the discriminator is larger; what other tricks do to its input is done to each
    image; slopes, penalties, accuracy and features are of packs (G23).

    Raises: InputError for a conditional GAN, as a pack has no class of its own.

    Cost: of the discriminator a forward and backward for m images, but for its first layer.

    Source: Lin, Khetan, Fanti and Oh 2018, arXiv 1712.04086, section 2. **Differs**: a batch
    size is one of images, not of packs.

    >>> from sparring.gan import recipe
    >>> g, d = recipe("dcgan(nets=dcgan(width=4), tricks=(packing(m=3),))").build((1, 28, 28))
    >>> d.shape, d.given
    ((1, 28, 28), (3, 28, 28))
    """

    cites = ("lin2018",)
    m: int = 2

    def __post_init__(self) -> None:
        if self.m < 1:
            raise InputError(f"expected m >= 1 samples in a pack of packing, got {self.m}")

    @property
    def pack(self) -> int:
        """The field `m`."""
        return self.m

    def build(self, generator: Generator, discriminator: Discriminator, data: Dataset | None) -> None:
        """Say so of the discriminator, which was built for packs."""
        if generator.classes:
            raise InputError("expected a gan without classes for packing, got a conditional one: leave the trick out")
        discriminator.shape, discriminator.pack = generator.shape, self.m
