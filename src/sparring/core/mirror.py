"""A fast copy of a net that is being trained: what its attacker climbs, one refresh a step away from the net itself."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from sparring.core.pad import pad_channels
from sparring.core.twin import _CONVOLUTIONS, _replace, foldable, folded
from sparring.types import Classifier, Images, Logits


class Mirror:
    """A net in training as it answers in eval mode, in a form whose gradient by the image is cheap.

    Batch norms are folded into convolutions, channels are padded to multiples of 8, memory is channels-last, and no
    weight asks for a gradient. `refresh` takes in the net's weights and running statistics, at the price of copying
    them. Where such a copy does not give the net's own logits, or a net has no convolutions, the copy is a plain one.
    The net itself is never touched: not its mode, its statistics, nor its gradients (T8, T27).
    """

    def __init__(self, net: nn.Module, x: Images, precision: torch.dtype = torch.float32) -> None:
        self._net, self._dtype, self._folds = net, precision, dict[str, str]()
        self._twin = self._plain()
        if not any(isinstance(module, _CONVOLUTIONS) for module in net.modules()):
            return
        self._net = _lively(copy.deepcopy(net))
        wanted = _answer(self._plain(), x.to(precision))
        scale = (0.05 if precision == torch.bfloat16 else 1e-3) * (float(wanted.abs().amax()) + 1e-6)
        for pad in (True, False):
            try:  # a module may be one that cannot be folded or widened
                self._twin, self._folds = self._quick(x, pad=pad)
                self.refresh()
                if bool((_answer(self.logits, x) - wanted).abs().amax() <= scale):
                    break
            except Exception:
                continue
        else:
            self._twin, self._folds = self._plain(), {}
        self._net = net
        self.refresh()

    def _plain(self) -> nn.Module:
        return copy.deepcopy(self._net).eval().requires_grad_(False).to(self._dtype)

    def _quick(self, x: Images, *, pad: bool) -> tuple[nn.Module, dict[str, str]]:
        twin = copy.deepcopy(self._net).eval().requires_grad_(False)
        names = {module: name for name, module in twin.named_modules()}
        pairs = foldable(twin, x)
        for convolution, norm in pairs:
            weight, bias = folded(convolution, norm)
            convolution.weight = nn.Parameter(weight, requires_grad=False)
            convolution.bias = nn.Parameter(bias, requires_grad=False)
            _replace(twin, norm, nn.Identity())
        if pad:
            pad_channels(twin, x)
        for module in twin.modules():
            if type(module) is nn.ReLU:
                module.inplace = True  # one tensor less to fetch; where it would matter the logits differ
        twin.to(dtype=self._dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return twin, {names[convolution]: names[norm] for convolution, norm in pairs}

    @torch.no_grad()
    def refresh(self) -> None:
        """Take in the weights and running statistics of the net as they are now."""
        mine = dict(self._twin.named_modules())
        skipped = {*self._folds, *self._folds.values()}
        for name, module in self._net.named_modules():
            if name in self._folds:
                weight, bias = folded(module, self._net.get_submodule(self._folds[name]))
                _copy_into(mine[name].weight, weight)
                _copy_into(mine[name].bias, bias)
            elif name not in skipped:
                for kind in ("_parameters", "_buffers"):
                    theirs = getattr(mine[name], kind)
                    for key, value in getattr(module, kind).items():
                        if value is not None:
                            _copy_into(theirs[key], value)

    def logits(self, x: Images) -> Logits:
        """Return logits (n, k) in float32, with a graph back to x."""
        x = x.to(self._dtype)
        if x.ndim == 4 and self._folds:
            x = x.contiguous(memory_format=torch.channels_last)
        answer: Tensor = self._twin(x)
        return answer.float()


def _lively(net: nn.Module) -> nn.Module:
    """Move the batch norms of a net, in place: fresh ones do nothing, and a wrong fold of one could not be told."""
    generator = torch.Generator().manual_seed(0)
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            for name, low in (("running_mean", -0.5), ("running_var", 0.5), ("weight", 0.5), ("bias", -0.5)):
                value = getattr(module, name)
                if value is not None:
                    value.data.copy_(low + torch.rand(value.shape, generator=generator))
    return net


def _answer(ask: Classifier, x: Images) -> Logits:
    """Return the logits in float32 where the way back to the image can be gone: some layers read what they made."""
    with torch.enable_grad():
        z = x.detach().clone().requires_grad_(True)
        logits = ask(z).float()
        torch.autograd.grad(logits.sum(), z)
    return logits.detach()


def _copy_into(place: Tensor, value: Tensor) -> None:
    """Copy into the leading part of a tensor that may be wider."""
    if place.shape == value.shape:
        place.copy_(value)
    else:
        place[tuple(slice(size) for size in value.shape)] = value.to(place.dtype)
