"""A JPEG round trip before the classifier."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from sparring.errors import InputError
from sparring.guards._transform import Through, Transform
from sparring.models.jpeg import Codec


@dataclass(frozen=True)
class Recompress(Transform):
    """Show the classifier what is left of an image after a JPEG file, which drops what eyes do not miss.

    t(x) = decode(encode(x)).

    Fields: `quality` of the encoder, 1 to 95.

    Shapes: (n, c, h, w) → (n, k). Three channels are one RGB file, others a gray file each.
    Cost: 1 pass of the net, and a file an image.
    Source: Dziugaite, Ghahramani and Roy 2016, arXiv 1608.00853; Guo et al. 2018, arXiv 1711.00117.
    **Differs**: gradients go through the file as if it were the identity.

    >>> import torch
    >>> Recompress().layer()(torch.full((1, 1, 8, 8), 0.4)).mul(255).unique().tolist()
    [102.0]
    """

    cites = ("dziugaite2016", "guo2018", "athalye2018")
    claimed = "Dziugaite et al. 2016: for small perturbations compression often undoes the loss of accuracy"
    fallacy = "a codec that keeps the picture keeps the perturbation: go through it as if it were the identity (BPDA)"

    quality: int = 75

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 95:
            raise InputError(f"expected quality of recompress in [1, 95], got {self.quality}")

    def layer(self) -> nn.Module:
        """Return the codec."""
        return Through(Codec(self.quality))
