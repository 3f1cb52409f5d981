"""What a user may hand in, checked once, answered in one line: expected, got, do this."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.types import Images, Labels, Logits


def check_images(x: object, limits: Callable[[Tensor], tuple[Tensor, Tensor]]) -> Tensor:
    """Refuse images that are not float32 or float64, not finite, or outside the box; return them without a graph.

    `limits` gives the box for images of a type. What lies outside by no more than the rounding of its own type, such
    as a normalized 0, passes.
    """
    if not isinstance(x, Tensor):
        raise InputError(f"expected images as a torch.Tensor (n, ...), got {type(x).__name__}")
    if x.ndim < 2 or x.numel() == 0:
        raise InputError(f"expected a batch of images (n, ...) with n >= 1, got shape {tuple(x.shape)}")
    if x.dtype not in (torch.float32, torch.float64):
        advice = "x.float()" if x.is_floating_point() else "x.float() / 255 for 8-bit images"
        raise InputError(f"expected images in float32 or float64, got {x.dtype}: use {advice}")
    x = x.detach().clone() if x.is_inference() else x.detach()
    finite = torch.isfinite(x).flatten(1).all(1)
    if not bool(finite.all()):
        first = int((~finite).nonzero()[0])
        raise InputError(
            f"expected finite pixels, got NaN or inf in {int((~finite).sum())} images, first in image {first}"
        )
    low, high = limits(x)
    slack = 4 * torch.finfo(x.dtype).eps * torch.maximum(low.abs(), high.abs())
    outside = ((x < low - slack) | (x > high + slack)).flatten(1).any(1)
    if bool(outside.any()):
        raise InputError(
            f"expected pixels in [{float(low.min()):g}, {float(high.max()):g}], got [{float(x.min()):.9g}, "
            f"{float(x.max()):.9g}] ({int(outside.sum())} of {len(x)} images outside): scale the images, or give the "
            "threat its bounds, such as linf(0.1, bounds=(-1, 1))"
        )
    return x


def check_labels(labels: Tensor, n: int, classes: int | None, what: str = "labels") -> None:
    """Refuse labels (n,) that are not integers in [0, classes), where None is classes not known yet."""
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise InputError(f"expected {what} as integers, got {labels.dtype}")
    if labels.shape != (n,):
        raise InputError(f"expected {n} {what}, one an image, got shape {tuple(labels.shape)}")
    if classes is None:
        return
    wrong = (labels < 0) | (labels >= classes)
    if bool(wrong.any()):
        first = int(wrong.nonzero()[0])
        raise InputError(
            f"expected {what} in [0, {classes - 1}] for a model with {classes} classes, got {int(labels[first])} at "
            f"image {first} ({int(wrong.sum())} of {n} out of range)"
        )


def check_logits(logits: Tensor, n: int) -> None:
    """Refuse a model's answer that is not finite logits (n, k), k ≥ 2."""
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != n or logits.shape[1] < 2:
        shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise InputError(f"expected logits of shape ({n}, classes >= 2) from the model, got {shape}")
    if not logits.is_floating_point():
        raise InputError(
            f"expected floating-point logits from the model, got {logits.dtype}: if these are labels, attack it as "
            "BlackBox(model, 'decision', classes=k), or audit it"
        )
    finite = torch.isfinite(logits).all(1)
    if not bool(finite.all()):
        first = int((~finite).nonzero()[0])
        raise InputError(
            f"expected finite logits, got NaN or inf for {int((~finite).sum())} of {n} images, first {first}"
        )


def check_not_probabilities(logits: Logits, ask: Callable[[], Logits]) -> None:
    """Refuse a model that returns probabilities, whose cross-entropy is one of a cross-entropy (T3).

    Logits may look like probabilities by chance on one image; `ask` fetches those of a second, darker one.
    """
    if looks_like_probabilities(logits) and looks_like_probabilities(ask()):
        raise InputError(
            "expected logits, got probabilities (rows >= 0 that sum to 1), whose gradients vanish: return the scores "
            "before softmax, or their logarithm"
        )


def looks_like_probabilities(logits: Logits) -> bool:
    """Say whether every row is non-negative and sums to 1."""
    sums = logits.float().sum(1)
    return bool((logits >= 0).all()) and bool(((sums - 1).abs() < 1e-3).all())


def check_levels(x: Images) -> None:
    """Refuse images that an 8-bit file cannot hold exactly."""
    levels = x.double() * 255
    off = (levels - levels.round()).abs().flatten(1).amax(1) > 1e-3
    if bool(off.any()):
        raise InputError(
            f"expected 8-bit images (every value k/255) for valid='8bit', got others in {int(off.sum())} of {len(x)}: "
            "round them first, x = (x * 255).round() / 255"
        )


def check_targets(targets: Labels, labels: Labels) -> None:
    """Refuse a target that is already the label (T34)."""
    same = targets == labels
    if bool(same.any()):
        first = int(same.nonzero()[0])
        raise InputError(
            f"expected targets other than the labels, got target {int(targets[first])} = label at image {first} "
            f"({int(same.sum())} of {len(labels)}): choose another class or leave these images out"
        )
