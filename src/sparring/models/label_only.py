"""The class and nothing else: what an interface shows that hides its scores."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.nn import functional as F

from sparring.models._broken import Broken, Wrapped
from sparring.types import Logits


@dataclass(frozen=True)
class LabelOnly(Broken):
    """A net that answers with its class as a row of zeros and a one: no scores, no gradient.

    z_i ← 1 if i = argmax z, else 0.

    Fields:
        of: the net inside.

    Shapes: those of the net inside.
    Source: Papernot, McDaniel, Goodfellow, Jha, Celik and Swami 2017, arXiv 1602.02697, who call it gradient masking
    and go around it by transfer; Brendel, Rauber and Bethge 2018, arXiv 1712.04248, who walk along the boundary.
    Differs: nothing.

    >>> import torch
    >>> from sparring.registry import parse
    >>> parse("label-only").wrap(torch.nn.Identity())(torch.tensor([[1.0, 5.0, 2.0]])).tolist()
    [[0.0, 1.0, 0.0]]
    """

    cites = ("papernot2017", "brendel2018")
    claimed = "that what cannot be read cannot be attacked: interfaces that show labels alone"
    fallacy = "labels are enough: substitutes transfer, and the boundary can be walked along query by query"

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net before the argmax."""
        return Wrapped(net, after=OneHot())


class OneHot(nn.Module):
    """The class as a row of zeros and a one."""

    def forward(self, z: Logits) -> Logits:
        """Return (n, k) in the type of z, without a graph."""
        return F.one_hot(z.argmax(1), z.shape[1]).to(z.dtype)
