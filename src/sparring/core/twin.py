"""The fast twin: a copy of the victim that gives the same logits, nearly, in a fraction of the time.

Batch norms are folded into the convolutions before them, channels are padded to multiples of eight, memory is laid
out channels-last, and the arithmetic is bfloat16 where the hardware has it. Every success found on the twin is
confirmed on the user's own model, so the twin decides how long an attack takes and never what is reported.
"""

from __future__ import annotations

import copy
import functools
import os

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from sparring.core.pad import is_narrow, pad_channels
from sparring.types import Classifier, Images, Logits

# Attacks drop samples one by one, so batches of every size are run. oneDNN keeps what it compiled for each, 1,024 of
# them by default: half a gigabyte after a few thousand samples. An eighth of that costs no time that could be measured.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Twin(nn.Module):
    """A folded copy of a model, in the given precision; float32 images in, float32 logits out.

    With `head`, the last linear layer stays in float32: it costs next to nothing, and logits rounded to bfloat16 could
    not tell apart two images that differ by a few pixels, which a random search has to.
    """

    def __init__(self, net: nn.Module, dtype: torch.dtype, *, head: bool = False) -> None:
        super().__init__()
        self.net = net.to(dtype)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        last = [module for module in self.net.modules() if type(module) is nn.Linear][-1:]
        if head and last:
            last[0].to(torch.float32).register_forward_pre_hook(lambda _, inputs: (inputs[0].float(), *inputs[1:]))
        self.dtype, self.draws = dtype, getattr(net, "draws", 1)  # a pass costs as many as the model's own

    def forward(self, x: Images) -> Logits:
        """Return logits (n, k) in float32."""
        x = x.to(self.dtype)
        if x.ndim == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        logits: Tensor = self.net(x)
        return logits.float()


def fast_twin(model: Classifier, x: Images, logits: Logits, *, exact: bool) -> tuple[Classifier, int]:
    """Return the fastest faithful copy of a model, and the passes over x spent on making and checking it.

    Args: `x` (m, *chw) and `logits` (m, k), a few images with the model's own answer, to check the copy with;
    `exact` keeps float32 (for attacks that walk along the decision boundary, where bfloat16 cannot tell the sides).

    A model is returned as it is when a copy would not pay (no convolution), is not float32, cannot be copied, or
    does not agree with the original: in float32 to its rounding, in bfloat16 to a tenth of the spread of the logits.
    A folded copy must pass the float32 check before it may be tried in bfloat16.
    """
    if not isinstance(model, nn.Module) or not any(isinstance(m, _CONVOLUTIONS) for m in model.modules()):
        return model, 0
    floats = [t for t in (*model.parameters(), *model.buffers()) if t.is_floating_point()]
    if x.dtype != torch.float32 or any(t.dtype != torch.float32 for t in floats):
        return model, 0
    spread = float((logits.amax(1) - logits.amin(1)).median())
    rounding = 1e-3 * spread + 1e-5 * float(logits.abs().amax())
    passes = 0
    base = None
    for fold, pad in ((True, True), (True, False), (False, False)):
        if pad and not is_narrow(model):
            continue
        try:  # a model may hold what cannot be copied, a convolution what cannot be folded or widened
            net = copy.deepcopy(model)
            if fold:
                passes += 1
                fold_batch_norms(net, x)
            if pad:
                passes += 1
                pad_channels(net, x)
            passes += 2
            candidate = Twin(net, torch.float32)
            if _agrees(candidate, x, logits, rounding):
                base = candidate
                break
        except Exception:
            continue
    if base is None:
        return model, passes
    if exact or not has_fast_bfloat16(x.device):
        return base, passes
    for head in (True, False):
        try:  # e.g. a layer that makes float32 constants of its own cannot mix types
            passes += 2
            half = Twin(copy.deepcopy(base.net), torch.bfloat16, head=head)
            if _agrees(half, x, logits, 0.1 * spread):
                return half, passes
        except Exception:
            continue
    return base, passes


def _agrees(twin: Twin, x: Images, logits: Logits, tolerance: float) -> bool:
    """Say whether a copy gives the same logits to within a tolerance, and finite gradients; 1 forward, 1 backward."""
    with torch.enable_grad():
        probe = x.detach().clone().requires_grad_(True)
        answer = twin(probe)
        (slope,) = torch.autograd.grad(answer.sum(), probe)
    if answer.shape != logits.shape or not bool(torch.isfinite(slope).all()):
        return False
    return bool((answer.detach() - logits).abs().max() <= tolerance)


def fold_batch_norms(net: nn.Module, x: Images) -> nn.Module:
    """Fold, in place, every eval-mode batch norm whose input is exactly the output of one convolution.

    W' = W γ/√(σ²+ε), b' = β + (b − μ) γ/√(σ²+ε).
    """
    for convolution, norm in foldable(net, x):
        weight, bias = folded(convolution, norm)
        convolution.weight = nn.Parameter(weight, requires_grad=False)
        convolution.bias = nn.Parameter(bias, requires_grad=False)
        _replace(net, norm, nn.Identity())
    return net


def folded(convolution: nn.Module, norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Return weight and bias of the one convolution that does what the two modules do in eval mode."""
    weight, bias = fuse_conv_bn_weights(
        convolution.weight,  # type: ignore[arg-type]
        convolution.bias,  # type: ignore[arg-type]
        norm.running_mean,  # type: ignore[arg-type]
        norm.running_var,  # type: ignore[arg-type]
        norm.eps,  # type: ignore[arg-type]
        norm.weight,  # type: ignore[arg-type]
        norm.bias,  # type: ignore[arg-type]
    )
    return weight.detach(), bias.detach()


def foldable(net: nn.Module, x: Images) -> list[tuple[nn.Module, nn.Module]]:
    """Return the pairs of a convolution and the eval-mode batch norm that reads its output and nothing else.

    The pairs are found by watching one forward pass, so any control flow is served; a convolution or norm that runs
    twice, or shares its weights, is left alone. That nothing else reads the convolution's output is not seen here:
    the caller compares logits.
    """
    outputs: dict[int, tuple[nn.Module, Tensor, int]] = {}
    calls: dict[nn.Module, int] = {}
    pairs: list[tuple[nn.Module, nn.Module]] = []

    def after_convolution(module: nn.Module, _: object, output: Tensor) -> None:
        # Holding the tensor keeps its id from being reused; its version tells whether something wrote into it.
        outputs[id(output)] = (module, output, output._version)
        calls[module] = calls.get(module, 0) + 1

    def before_norm(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        calls[module] = calls.get(module, 0) + 1
        convolution, _, version = outputs.get(id(inputs[0]), (None, None, -1))
        if convolution is not None and inputs[0]._version == version:
            pairs.append((convolution, module))

    hooks = [m.register_forward_hook(after_convolution) for m in net.modules() if isinstance(m, _CONVOLUTIONS)]
    hooks += [m.register_forward_pre_hook(before_norm) for m in net.modules() if type(m) in _NORMS]
    try:
        with torch.no_grad():
            net(x)
    finally:
        for hook in hooks:
            hook.remove()
    readers = [convolution for convolution, _ in pairs]
    return [
        (convolution, norm)
        for convolution, norm in pairs
        if calls[convolution] == calls[norm] == readers.count(convolution) == 1
        and norm.track_running_stats
        and not norm.training
    ]


def _replace(net: nn.Module, old: nn.Module, new: nn.Module) -> None:
    for module in net.modules():
        for name, child in module.named_children():
            if child is old:
                setattr(module, name, new)


@functools.cache
def has_fast_bfloat16(device: torch.device) -> bool:
    """Say whether bfloat16 convolutions run in hardware there (AVX-512 BF16 or AMX on a CPU)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    capability = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capability.get("avx512_bf16") or capability.get("amx_bf16"))
