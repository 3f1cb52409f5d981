"""The yardstick: the loop that anyone would write in bare PyTorch, and write well."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from sparring.types import Images, Labels


def plain_pgd(model: nn.Module, x: Images, y: Labels, eps: float, steps: int, step_size: float) -> Images:
    """Run PGD in Linf for images in [0, 1] and a model in eval mode, whose weights ask for no gradient.

    x ← clip(x + α · sign(∇ₓL)) from a random start; gradients of the images alone, the whole batch to the end.

    Cost: `steps` forwards and backwards.
    Source: Madry et al. 2018, arXiv 1706.06083. **Differs**: nothing.
    """
    low, high = (x - eps).clamp(min=0), (x + eps).clamp(max=1)
    z = torch.minimum(torch.maximum(x + eps * (2 * torch.rand_like(x) - 1), low), high)
    for _ in range(steps):
        z.requires_grad_(True)
        loss = F.cross_entropy(model(z), y, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, z)
        z = torch.minimum(torch.maximum(z.detach() + step_size * gradient.sign(), low), high)
    return z
