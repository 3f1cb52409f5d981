"""Random size and place: another picture at every look."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from sparring.core.resample import shrunk
from sparring.errors import InputError
from sparring.models._broken import Broken, Wrapped
from sparring.models.base import image_shape
from sparring.types import Images


@dataclass(frozen=True)
class RandomResize(Broken):
    """A net that sees its input a little smaller, somewhere on a black ground: both drawn anew at every look.

    Fields:
        of: the net inside.
        smallest: the least size, as a share of the full one, in (0, 1]; sizes are uniform between it and 1.

    Shapes: (n, c, h, w) → (n, k). Draws come from torch's global generator, one size and place an image.
    Source: Xie, Wang, Zhang, Ren and Yuille 2018, arXiv 1711.01991; broken by Athalye, Carlini and Wagner 2018,
    arXiv 1802.00420, section 5.
    Differs: the picture shrinks within its own frame, where the paper enlarges the frame from 299 to 331 pixels, so
    that nets of a fixed input size are served; sizes are continuous, the sampling bilinear.

    >>> from sparring.registry import parse
    >>> net, x = parse("random-resize").build((1, 8, 8), 3), torch.ones(1, 1, 8, 8)
    >>> bool((net(x) == net(x)).all())
    False
    """

    cites = ("xie2018", "athalye2018")
    claimed = "Xie et al. 2018: with adversarial training, second of 107 teams in the NIPS 2017 defense challenge"
    fallacy = "an average over draws has an ordinary gradient (EOT), and success has to be judged over draws as well"

    smallest: float = 0.95

    def __post_init__(self) -> None:
        if not 0 < self.smallest <= 1:
            raise InputError(f"expected smallest of random-resize in (0, 1], got {self.smallest}")

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return the resizing before a fresh net."""
        image_shape(self, input_shape)
        return super().layers(input_shape, classes)

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net behind the resizing."""
        return Wrapped(net, before=Resize(self.smallest))


class Resize(nn.Module):
    """Shrink each image by a random factor and put it somewhere inside its frame."""

    def __init__(self, smallest: float) -> None:
        super().__init__()
        self.smallest = smallest

    def forward(self, x: Images) -> Images:
        """Return images of the same shape, other ones at every call."""
        return shrunk(x, torch.rand(len(x), 3).to(x.device, x.dtype), self.smallest)
