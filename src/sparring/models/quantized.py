"""Fewer levels of brightness: a step function, whose slope is zero wherever it has one."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from sparring.errors import InputError
from sparring.models._broken import Broken, Wrapped
from sparring.types import Images


@dataclass(frozen=True)
class Quantized(Broken):
    """A net that sees its input rounded to a few levels: the gradient is exactly zero everywhere.

    x ← round((levels − 1) · x) / (levels − 1).

    Fields:
        of: the net inside.
        levels: how many values a pixel may have, ≥ 2.

    Shapes: those of the net inside.
    Source: Guo, Rana, Cissé and van der Maaten 2018, arXiv 1711.00117, section 4.2 (bit-depth reduction);
    broken by Athalye, Carlini and Wagner 2018, arXiv 1802.00420, section 5.
    Differs: levels instead of bits, so that 3 or 8 can be asked for.

    >>> import torch
    >>> from sparring.registry import parse
    >>> parse("quantized(of=resnet(width=8), levels=4)").levels
    4
    """

    cites = ("guo2018", "athalye2018")
    claimed = "Guo et al. 2018: transformations of the input stop 60 % of strong gray-box attacks on ImageNet"
    fallacy = "the gradient of a step is zero, not the effect of eps: take the step for the identity (BPDA)"

    levels: int = 8

    def __post_init__(self) -> None:
        if self.levels < 2:
            raise InputError(f"expected levels of quantized to be at least 2, got {self.levels}")

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net behind the rounding."""
        return Wrapped(net, before=Quantize(self.levels))


class Quantize(nn.Module):
    """Round to a number of levels of [0, 1]."""

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.steps = levels - 1

    def forward(self, x: Images) -> Images:
        """Return images of the levels k / steps."""
        return (x * self.steps).round() / self.steps
