"""A ripple on the input, too small to see and too fast for a gradient."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from sparring.errors import InputError
from sparring.models._broken import Broken, Wrapped
from sparring.types import Images


@dataclass(frozen=True)
class Shattered(Broken):
    """A net whose input gets a fine ripple: the picture stays, its gradient is multiplied by a number of any sign.

    x ← x − a · sin(f · x), whose slope is 1 − a·f·cos(f · x): with a = 0.01 and f = 10,000 between −99 and 101.

    Fields:
        of: the net inside.
        amplitude: a, in the unit of the pixels, > 0.
        frequency: f, > 0.

    Shapes: those of the net inside.
    Source: Athalye, Carlini and Wagner 2018, arXiv 1802.00420, section 3, name the kind: shattered gradients.
    Differs: a made-up member of the kind, differentiable everywhere, with nothing in it that looks like a step.

    >>> import torch
    >>> from sparring.registry import parse
    >>> x = torch.rand(5, 3)
    >>> bool(((parse("shattered").wrap(torch.nn.Identity())(x) - x).abs() <= 0.01).all())
    True
    """

    cites = ("athalye2018",)
    claimed = "nobody's in this form: the slope of a preprocessing step is taken for that of the classifier"
    fallacy = "over a distance of eps the ripple averages out: smooth it, or take it for the identity (BPDA)"

    amplitude: float = 0.01
    frequency: float = 1e4

    def __post_init__(self) -> None:
        if not (self.amplitude > 0 and self.frequency > 0):
            raise InputError(
                f"expected amplitude and frequency of shattered > 0, got {self.amplitude} and {self.frequency}"
            )

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net behind the ripple."""
        return Wrapped(net, before=Ripple(self.amplitude, self.frequency))


class Ripple(nn.Module):
    """Subtract a fast sine of each value; minus, so that black pixels, at its zero, have the wrong sign too."""

    def __init__(self, amplitude: float, frequency: float) -> None:
        super().__init__()
        self.amplitude, self.frequency = amplitude, frequency

    def forward(self, x: Images) -> Images:
        """Return images within `amplitude` of x."""
        return x - self.amplitude * (self.frequency * x).sin()
