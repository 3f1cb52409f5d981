"""Fewer bits a pixel."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from sparring.errors import InputError
from sparring.guards._transform import Through, Transform
from sparring.models.quantized import Quantize


@dataclass(frozen=True)
class BitDepth(Transform):
    """Show the classifier an image of fewer brightness levels, on which a small change may be lost.

    t(x) = round((2^b − 1) x) / (2^b − 1).

    Fields: `bits` b in [1, 8].

    Shapes: those of the net.
    Cost: 1 pass of the net.
    Source: Xu, Evans and Qi 2018, arXiv 1704.01155, section III.A; Guo et al. 2018, arXiv 1711.00117.
    **Differs**: gradients go through the rounding as if it were the identity.

    >>> import torch
    >>> BitDepth(bits=1).layer()(torch.tensor([[0.2, 0.6]])).tolist()
    [[0.0, 1.0]]
    """

    cites = ("xu2018squeezing", "guo2018", "athalye2018")
    claimed = "Xu et al. 2018: fewer bits leave an attacker less room, at hardly a loss of accuracy on MNIST"
    fallacy = "what survives the rounding is a perturbation too: take the rounding for the identity (BPDA)"

    bits: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 8:
            raise InputError(f"expected bits of bit_depth in [1, 8], got {self.bits}")

    def layer(self) -> nn.Module:
        """Return the rounding."""
        return Through(Quantize(2**self.bits))
