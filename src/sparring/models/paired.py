"""Two outputs on one body: one names the class, the other its partner, and a mismatch is a refusal."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sparring.models._broken import SMALL
from sparring.models.base import Trainable
from sparring.types import Images, Logits


@dataclass(frozen=True)
class Paired(Trainable):
    """A net with a second output for labels in another code; it refuses an image on which the two disagree.

    z (n, k) and t (n, k) from one body; ŷ = argmax z, partner p(ŷ). The answer is z and a refusal
    max_j z_j + max_{j ≠ p(ŷ)} t_j − t_{p(ŷ)}, the highest exactly where argmax t is not p(ŷ).

    Fields:
        of: the body, built with 2k outputs.

    Shapes: those of the body → (n, k + 1), the last for a refusal.
    Source: Wang, Li, Wen, Nepal and Xiang 2020, arXiv 1803.05123 (collaborative multi-task training).
    Differs: the outputs share all but their linear layer, so that any net can be the body.

    >>> from sparring.registry import parse
    >>> parse("paired").build((1, 8, 8), 3)(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 4])
    """

    cites = ("wang2020cmt",)

    of: Trainable = SMALL

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return the body with both outputs; before training the partner of a class is the next one."""
        return PairedNet(self.of.layers(input_shape, 2 * classes), classes)


class PairedNet(nn.Module):
    """A body with 2k outputs, read as classes and partners. `partner` (k,) holds p."""

    rejects = True
    partner: Tensor

    def __init__(self, body: nn.Module, classes: int) -> None:
        super().__init__()
        self.body, self.classes = body, classes
        self.register_buffer("partner", (torch.arange(classes) + 1) % classes)

    def both(self, x: Images) -> tuple[Logits, Logits]:
        """Return z and t, (n, k) each."""
        z, t = self.body(x).split(self.classes, dim=1)
        return z, t

    def forward(self, x: Images) -> Logits:
        """Return logits (n, k + 1), the last for a refusal."""
        z, t = self.both(x)
        expected = self.partner[z.argmax(1)][:, None]
        mismatch = t.scatter(1, expected, -torch.inf).amax(1) - t.gather(1, expected)[:, 0]
        return torch.cat([z, (z.amax(1) + mismatch)[:, None]], 1)
