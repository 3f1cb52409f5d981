"""The tensors of a module as files take them."""

from __future__ import annotations

from torch import Tensor, nn


def stored(module: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a module's state on the CPU, every tensor with its numbers in order.

    safetensors refuses any other order, such as that of kernels with channels last.

    >>> import torch
    >>> net = nn.Conv2d(3, 2, 5).to(memory_format=torch.channels_last)
    >>> net.weight.is_contiguous(), stored(net)["weight"].is_contiguous()
    (False, True)
    """
    return {name: value.detach().cpu().clone().contiguous() for name, value in module.state_dict().items()}
