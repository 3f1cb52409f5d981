"""Channels in multiples of eight: the widths that vector units and tensor cores are built for."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sparring.types import Images

MULTIPLE = 8


def pad_channels(net: nn.Module, x: Images) -> nn.Module:
    """Widen, in place, every convolution of a net to a multiple of 8 channels, with weights that are zero.

    The added channels hold what the layers between make of 0, and nobody reads them, so the answers stay the same:
    22 channels cost what 32 would in some kernels, and 24 do not. A linear layer behind a flattened image gets columns
    of zeros. It is for nets whose channels go straight from layer to layer, or are added up; what splits, groups or
    concatenates them either fails here or gives other answers: the caller compares logits.

    Cost: 1 forward.
    """
    first = True
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module.groups == 1:
            out, read = _rounded(module.out_channels), _rounded(module.in_channels)
            if first:  # the image itself has the channels it has
                read, first = module.in_channels, False
            module.weight = _widened(module.weight, (out, read, *module.kernel_size))
            if module.bias is not None:
                module.bias = _widened(module.bias, (out,))
            module.out_channels, module.in_channels = out, read

    def before_linear(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.Linear)
        module.weight = _widened(module.weight, (module.out_features, inputs[0].shape[-1]))
        module.in_features = inputs[0].shape[-1]

    hooks = [m.register_forward_pre_hook(before_linear) for m in net.modules() if type(m) is nn.Linear]
    try:
        with torch.no_grad():
            net(x)
    finally:
        for hook in hooks:
            hook.remove()
    return net


def is_narrow(net: nn.Module) -> bool:
    """Say whether a net has convolutions whose channels are no multiple of 8, and none that work in groups."""
    convolutions = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    return all(each.groups == 1 for each in convolutions) and any(each.out_channels % MULTIPLE for each in convolutions)


def _rounded(channels: int) -> int:
    return -(-channels // MULTIPLE) * MULTIPLE


def _widened(values: Tensor, shape: tuple[int, ...]) -> nn.Parameter:
    wide = values.new_zeros(shape)
    wide[tuple(slice(size) for size in values.shape)] = values.detach()
    return nn.Parameter(wide, requires_grad=False)
