"""The tensors of a module as files take them."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def stored(module: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a module's state on the CPU, every tensor with its numbers in order.

    safetensors refuses any other order, such as that of kernels with channels last.

    >>> net = nn.Conv2d(3, 2, 5).to(memory_format=torch.channels_last)
    >>> net.weight.is_contiguous(), stored(net)["weight"].is_contiguous()
    (False, True)
    """
    order = torch.contiguous_format
    return {name: value.detach().cpu().clone(memory_format=order) for name, value in module.state_dict().items()}
