"""The shapes that cross module borders, by name. Checked at run time in the tests alone.

`n` samples, `k` classes, `d` features; an image is `*chw`: any shape with at least one axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from torch import Tensor

if TYPE_CHECKING:
    Images: TypeAlias = Tensor
    Labels: TypeAlias = Tensor
    Logits: TypeAlias = Tensor
    Scores: TypeAlias = Tensor
    Features: TypeAlias = Tensor
    Mask: TypeAlias = Tensor
else:
    try:
        from jaxtyping import Bool, Float, Int
    except ImportError:  # a user's machine: the names still exist, nothing is checked
        Images = Labels = Logits = Scores = Features = Mask = Tensor
    else:
        Images = Float[Tensor, "n *chw"]
        Labels = Int[Tensor, " n"]
        Logits = Float[Tensor, "n k"]
        Scores = Float[Tensor, " n"]
        Features = Float[Tensor, "n d"]
        Mask = Bool[Tensor, " n"]

Classifier: TypeAlias = Callable[[Tensor], Tensor]
"""Images (n, *chw) → logits (n, k): an `nn.Module`, or any callable on tensors."""

__all__ = ["Classifier", "Features", "Images", "Labels", "Logits", "Mask", "Scores"]
