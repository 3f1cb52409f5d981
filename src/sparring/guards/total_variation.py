"""The closest image with little variation: edges stay, wrinkles go."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.guards._transform import Transform
from sparring.types import Images


@dataclass(frozen=True)
class TotalVariation(Transform):
    """Show the classifier the denoised image t(x) = argmin_z ½‖z − x‖² + λ Σ_ij ‖∇z_ij‖₂.

    Found in the dual: z = x + λ div p, ‖p_ij‖₂ ≤ 1, by p ← (p + τ ∇(div p + x/λ)) / max(1, ‖·‖₂), τ = 1/8.

    Fields:
        weight: λ > 0; on a plain step edge, each side moves by λ / its width.
        steps: of the iteration, ≥ 1.

    Shapes: (n, c, h, w) → (n, k). It has a slope, through all the steps.
    Cost: 1 pass of the net, and `steps` cheap ones over the image.
    Source: Chambolle 2004 (the projected form of its algorithm); Guo et al. 2018, arXiv 1711.00117, section 4.3.
    **Differs**: from Guo et al.: all pixels are kept, where they drop some at random; a fixed number of steps.

    >>> import torch
    >>> step = torch.tensor([[[[0.2, 0.2, 0.8, 0.8]]]])
    >>> [round(v, 2) for v in TotalVariation(weight=0.1, steps=200).layer()(step).flatten().tolist()]
    [0.25, 0.25, 0.75, 0.75]
    """

    cites = ("chambolle2004", "guo2018", "athalye2018")
    claimed = "Guo et al. 2018: with quilting the best transformation against gray-box attacks on ImageNet"
    fallacy = "it has a gradient, through its iterations or past them: what is left of an image can still be steered"

    weight: float = 0.05
    steps: int = 30

    def __post_init__(self) -> None:
        if not self.weight > 0 or self.steps < 1:
            raise InputError(
                f"expected weight > 0 and steps >= 1 of total_variation, got {self.weight} and {self.steps}"
            )

    def layer(self) -> nn.Module:
        """Return the minimization."""
        return Denoise(self.weight, self.steps)


class Denoise(nn.Module):
    """Total-variation denoising by a fixed number of dual steps."""

    def __init__(self, weight: float, steps: int) -> None:
        super().__init__()
        self.weight, self.steps = weight, steps

    def forward(self, x: Images) -> Images:
        """Return denoised images of the same shape."""
        if x.ndim != 4:
            raise InputError(f"expected images (n, c, h, w) for total_variation, got shape {tuple(x.shape)}")
        dual = torch.zeros(2, *x.shape, dtype=x.dtype, device=x.device)
        for _ in range(self.steps):
            dual = dual + 0.125 * _gradient(_divergence(dual) + x / self.weight)
            # The square's slope is finite at 0, where the norm has none.
            dual = dual / dual.square().sum(0).clamp_min(1).sqrt()
        return x + self.weight * _divergence(dual)


def _gradient(z: Tensor) -> Tensor:
    """Return forward differences down and across, (2, n, c, h, w), zero at the far border."""
    return torch.stack([F.pad(z.diff(dim=2), (0, 0, 0, 1)), F.pad(z.diff(dim=3), (0, 1))])


def _divergence(p: Tensor) -> Tensor:
    """Return minus the adjoint of the gradient."""
    down, across = p[0][:, :, :-1], p[1][..., :-1]
    return F.pad(down, (0, 0, 0, 1)) - F.pad(down, (0, 0, 1, 0)) + F.pad(across, (0, 1)) - F.pad(across, (1, 0))
