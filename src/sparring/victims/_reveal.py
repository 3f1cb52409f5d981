"""Find the differentiable classifier inside a model that hides it: gradients through steps that have none.

A model can look robust because its gradient is missing or wrong: a rounding, a JPEG file, `no_grad`, an argmax or a
softmax at the end. One pass of it is watched, operation by operation, and made differentiable where that is safe:
the answer to an image stays the one the model gives, only the way back is new (BPDA).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from sparring.types import Classifier, Images, Logits
from sparring.victims.black_box import as_scores

Bridge: TypeAlias = Literal["none", "lost", "all"]
"""Which image-like steps get the identity as their slope: none, those that lost the gradient, or every one.

With "none", a cast to whole numbers passes its slope on and stays a float; otherwise it is left a true cast, as what
writes a file or calls numpy needs one."""

_ROUNDS = {"round", "floor", "ceil", "trunc", "fix", "sign", "sgn"}
_WHOLES = {"floor_divide", "__floordiv__", "__ifloordiv__"}
_CASTS = {"to", "type", "type_as", "byte", "int", "long", "short", "char", "float", "double", "half", "bfloat16"}
_COMPARES = {"gt", "ge", "lt", "le", "__gt__", "__ge__", "__lt__", "__le__", "greater", "less"}
_LEAVES = {"numpy", "__array__", "tolist", "item", "__float__", "__int__", "__bool__"}
_DATA = vars(torch._C.TensorBase)["data"].__get__
SOFTNESS = 0.1
"""Width, in pixels' units, of the sigmoid whose slope stands in for that of a comparison."""
ALIKE = 0.8
"""Least correlation of a step's output with the image for it to pass as the image."""


class _Watch(TorchFunctionMode):
    """Sees every operation of one forward pass on images x, mends slopes, and keeps tensors that could be logits."""

    def __init__(self, x: Images, classes: int, bridge: Bridge) -> None:
        super().__init__()
        self.x, self.bridge = x, bridge
        self.shape = (len(x), classes)
        self.answers: list[Tensor] = []
        self._soft: dict[int, tuple[Tensor, Tensor]] = {}

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one operation, with a slope of our choice where it has none."""
        kwargs = kwargs or {}
        if func is torch._C._set_grad_enabled:  # no_grad inside the model
            return None
        with torch.enable_grad():
            out = self._run(func, args, kwargs)
        if isinstance(out, Tensor) and out.is_floating_point():
            out = self._bridged(out)
            if out.shape == self.shape and out.requires_grad:
                self.answers.append(out)
        return out

    def _run(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name, inside = _called(func)
        first = args[0] if args else None
        if not isinstance(first, Tensor) or (not first.requires_grad and id(first) not in self._soft):
            return func(*args, **kwargs)
        if name in ("detach", "data"):
            return first * 1
        if name in _LEAVES:
            return func(first.detach(), *args[1:], **kwargs)
        if name in _ROUNDS or name in _WHOLES:
            value = func(first.detach().clone(), *args[1:], **kwargs)
            out = _through(first if name in _ROUNDS else first / args[1], value)
            return first.copy_(out) if inside else out
        if name in _COMPARES and first.is_floating_point():
            out = func(*args, **kwargs)
            other = args[1] if len(args) > 1 else kwargs["other"]
            way = 1 if "g" in name else -1
            self._soft[id(out)] = (out, torch.sigmoid(way * (first - other) / SOFTNESS))
            return out
        if name in _CASTS:
            return self._cast(func, first, args, kwargs)
        return func(*args, **kwargs)

    def _cast(self, func: Callable[..., Any], first: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        out = func(*args, **kwargs)
        if not isinstance(out, Tensor):
            return out
        if id(first) in self._soft and out.is_floating_point():
            return _through(self._soft[id(first)][1].to(out.dtype), out)
        counts = not out.is_floating_point() and out.dtype != torch.bool
        if counts and first.is_floating_point() and self.bridge == "none":  # else they stay whole numbers, for files
            return _through(first, out.to(first.dtype))
        return out

    def _bridged(self, out: Tensor) -> Tensor:
        """Return what looks like the image with the image's own slope, where that is asked for."""
        if self.bridge == "none" or out.shape != self.x.shape or out is self.x:
            return out
        if self.bridge == "lost" and out.requires_grad:
            return out
        a, b = (t.detach().double().flatten(1) for t in (self.x, out))
        a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
        slope = (a * b).sum(1) / a.square().sum(1).clamp_min(1e-12)
        alike = (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp_min(1e-12)
        if float(alike.median()) < ALIKE:
            return out
        same = self.x * slope.median().to(self.x.dtype)
        return _through(same.to(out.dtype), out.detach())


def _called(func: Callable[..., Any]) -> tuple[str, bool]:
    """Return an operation's name without the mark of one that writes into its first tensor, and that mark."""
    name = "data" if func == _DATA else getattr(func, "__name__", "")
    if name.startswith("__"):
        return name, name == "__ifloordiv__"
    return name.rstrip("_"), name.endswith("_")


def _through(slope: Tensor, value: Tensor) -> Tensor:
    """Return `value` with the gradient of `slope`: the straight-through estimator."""
    return slope + (value - slope).detach()


class _Nothing(contextlib.nullcontext[None]):
    """A context that does nothing, whatever it is told."""

    def __init__(self, *_: object) -> None:
        super().__init__()


@contextlib.contextmanager
def _no_inference_mode() -> Iterator[None]:
    """Make `torch.inference_mode` of no effect: tensors made in it could not carry a gradient."""
    with mock.patch.object(torch._C, "_InferenceMode", new=_Nothing):
        yield


class Revealed(nn.Module):
    """The classifier inside a model: images (n, *chw) → the first tensor (n, k) that says what the model says.

    `place` counts the tensors of that shape in a forward pass. A single image is shown twice, since (1, k) is a shape
    that more things have. Cost: one pass of the model.
    """

    def __init__(self, model: Classifier, classes: int, place: int, count: int, bridge: Bridge) -> None:
        super().__init__()
        self.model, self.classes, self.place, self.count, self.bridge = model, classes, place, count, bridge

    def forward(self, x: Images) -> Logits:
        """Return logits (n, k)."""
        n = len(x)
        _, answers = watch(self.model, x if n > 1 else x.repeat(2, *[1] * (x.ndim - 1)), self.classes, self.bridge)
        if len(answers) <= self.place:
            raise RuntimeError("the model took another path than when it was looked at")
        return answers[self.place][:n]


def watch(model: Classifier, x: Images, classes: int, bridge: Bridge) -> tuple[object, list[Tensor]]:
    """Run a model on images with every slope mended; return its answer and every tensor that could be logits."""
    with torch.enable_grad(), _no_inference_mode():
        leaf = x if x.requires_grad else x.detach().requires_grad_(True)
        start = leaf * 1  # a user's model may write into what it is given
        with _Watch(start, classes, bridge) as seen:
            answer = model(start)
    return answer, seen.answers


def reveal(model: Classifier, x: Images, classes: int, bridge: Bridge) -> Revealed | None:
    """Look for a differentiable classifier inside a model, by one pass on images x.

    A tensor agrees where its largest entry is a largest one of the model's answer, ties included. The answer is that
    of the same pass: a random model would give another one next time.

    Returns None when there is none: nothing of shape (n, k) in the pass agrees with the model on at least 95 % of the
    images and has a finite gradient that is not zero. At least two images, of different classes, are needed.
    """
    try:
        answer, answers = watch(model, x, classes, bridge)
        said = answer if isinstance(answer, Tensor) else torch.from_numpy(np.array(answer))
        scores = as_scores(said, len(x), classes, labels=said.ndim == 1)
        for place, logits in enumerate(answers):
            top = scores.gather(1, logits.detach().argmax(1, keepdim=True))[:, 0]
            if float((top >= scores.amax(1)).double().mean()) < 0.95:
                continue
            view = Revealed(model, classes, place, len(answers), bridge)
            probe = x.detach().requires_grad_(True)
            out = view(probe)
            best = out.topk(2, dim=1).values
            (slope,) = torch.autograd.grad((best[:, 0] - best[:, 1]).sum(), probe)
            size = slope.flatten(1).abs().amax(1)
            if bool(torch.isfinite(slope).all()) and float((size > 0).double().mean()) >= 0.5:
                return view
    except Exception:  # whatever a user's model does that cannot be watched
        return None
    return None
