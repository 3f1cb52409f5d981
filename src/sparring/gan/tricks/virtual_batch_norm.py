"""Batch norm whose batch is chosen once: no image's treatment depends on which others happen to be there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.gan._packs import pack
from sparring.gan.nets import Discriminator, Generator
from sparring.gan.tricks.base import Trick, check_positive
from sparring.types import Images


@dataclass(frozen=True)
class VirtualBatchNorm(Trick):
    """Put in the place of every batch norm one whose statistics are those of a fixed reference batch and the sample.

    The reference, real images for the discriminator and codes for the generator, goes through first at every pass.
    With m of them and the sample's own mean and variance, those of all m + 1 are used.

    Fields: `size`: m ≥ 2.

    Cost: a batch of n costs as much as one of n + m.

    Source: Salimans et al. 2016, arXiv 1606.03498, section 3.5. **Differs**: in the discriminator too, where there is
    batch norm; a net built without data has NaN for a reference until its weights are loaded.

    >>> layer = Virtual(1, shown=2)
    >>> layer(torch.tensor([[-1.0], [1.0], [0.0]]))[2].item()
    0.0
    """

    cites = ("salimans2016",)
    last: ClassVar[bool] = True
    size: int = 64

    def __post_init__(self) -> None:
        check_positive(self, size=self.size - 1)

    def build(self, generator: Generator, discriminator: Discriminator, data: Dataset | None) -> None:
        """Exchange the norms and draw the references."""
        count = self.size if data is None else min(self.size, len(data) // discriminator.pack)
        found = [self._exchange(net, count) for net in (generator, discriminator)]
        if not any(found):
            raise InputError("expected nets with batch norm for virtual_batch_norm, got none: leave the trick out")
        rows = None if data is None else data.subset(count, 0)
        if found[0]:
            generator.reference = torch.randn(count, generator.latent)
            if generator.classes:
                labels = None if data is None or rows is None or data.labels is None else data.labels[rows]
                generator.reference_labels = torch.zeros(count, dtype=torch.int64) if labels is None else labels.clone()
        if found[1]:
            shape = (count, *discriminator.given)
            discriminator.reference = (
                torch.full(shape, torch.nan) if data is None else _packs(data, count, discriminator.pack)
            )

    def _exchange(self, net: nn.Module, count: int) -> int:
        found = 0
        for parent in list(net.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, nn.modules.batchnorm._BatchNorm):
                    layer = Virtual(child.num_features, count, child.eps)
                    layer.load_state_dict({"weight": child.weight, "bias": child.bias})
                    setattr(parent, name, layer)
                    found += 1
        return found


def _packs(data: Dataset, count: int, m: int) -> Images:
    """Return that many packs of random images, not of neighbors in the data, which may be of one class."""
    rows = data.subset(count * m, 0)
    mixed = rows if m == 1 else rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))]
    return pack(data.images(mixed), m)


class Virtual(nn.Module):
    """Features (m + n, c, ...) → the same, normalized: the first m by their own statistics, each other with them."""

    def __init__(self, channels: int, shown: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.shown, self.eps = shown, eps
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return normalized features."""
        m, n = self.shown, x.shape[0] - self.shown  # what is exported takes any n, and len would be a number
        flat = x.flatten(2) if x.ndim > 2 else x[:, :, None]
        known = flat[:m].transpose(0, 1).flatten(1)
        mean, variance = known.mean(1), known.var(1, correction=0)
        own, spread = flat[m:].mean(2), flat[m:].var(2, correction=0)
        means = torch.cat([mean.expand(m, -1), (m * mean + own) / (m + 1)])
        pooled = (m * variance + spread) / (m + 1) + m / (m + 1) ** 2 * (own - mean) ** 2
        variances = torch.cat([variance.expand(m, -1), pooled])
        scale = self.weight * torch.rsqrt(variances + self.eps)
        shape = (m + n, -1, *[1] * (x.ndim - 2))
        return x * scale.view(shape) + (self.bias - means * scale).view(shape)
