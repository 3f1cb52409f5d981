"""k winners take all: activations that jump, so that a gradient tells nothing a step further."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from torch import Tensor, nn

from sparring.errors import InputError
from sparring.models._broken import Broken, Wrapped


@dataclass(frozen=True)
class Kwta(Broken):
    """A net whose ReLUs are replaced: of each layer the k largest activations pass, the others become 0.

    φ_k(y)_j = y_j if y_j is among the k largest of the layer's N activations, else 0; k = ⌊sparsity · N⌋.

    Fields:
        of: the net inside; every `nn.ReLU` in it is replaced. It has to be trained like that.
        sparsity: γ, the share of activations that pass, in (0, 1].

    Shapes: those of the net inside.
    Source: Xiao, Zhong and Zheng 2020, arXiv 1905.10510, eq. 1; broken by Tramèr, Carlini, Brendel and Madry 2020,
    arXiv 2002.08347.
    Differs: trained on clean images from the start with one γ, where the paper lowers γ slowly for the smallest.

    >>> from sparring.registry import parse
    >>> sum(isinstance(m, Winners) for m in parse("kwta").build((1, 8, 8), 10).modules())
    3
    """

    cites = ("xiao2020", "tramer2020")
    claimed = "Xiao et al. 2020: jumps invalidate the gradient, and white-box attacks do worse on every net tried"
    fallacy = "the loss is rough, not flat: averaged over a neighborhood its slope is as useful as ever"
    trained = True

    sparsity: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.sparsity <= 1:
            raise InputError(f"expected sparsity of kwta in (0, 1], got {self.sparsity}")

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return a copy of the net with its ReLUs replaced; without training its accuracy suffers."""
        net = copy.deepcopy(net)
        found = [(parent, name) for parent in net.modules() for name, child in parent.named_children() if _is(child)]
        if not found:
            raise InputError(f"expected a net with nn.ReLU layers for kwta, got {type(net).__name__} without any")
        for parent, name in found:
            setattr(parent, name, Winners(self.sparsity))
        return Wrapped(net)


def _is(module: nn.Module) -> bool:
    return isinstance(module, nn.ReLU)


class Winners(nn.Module):
    """Let the largest share of a layer's activations pass, sample by sample."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, y: Tensor) -> Tensor:
        """Return y with all but its k largest entries a sample set to 0."""
        flat = y.flatten(1)
        k = max(1, int(self.share * flat.shape[1]))
        least = flat.detach().kthvalue(flat.shape[1] - k + 1, 1, keepdim=True).values
        return (flat * (flat >= least)).view_as(y)
