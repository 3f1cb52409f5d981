"""The pictures a report is given: what went in, what came out, and what the model called each."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from sparring.errors import InputError


@dataclass(frozen=True, eq=False)
class Picture:
    """An image before and after an attack, and what the model called it, for a report's reader.

    `original`, `adversarial`: (c, h, w) in [0, 1]; one channel is gray, three are RGB, any other number is
    shown as the mean over channels. `truth`: the true class, where known. `before`, `after`: the model's
    label and its confidence in [0, 1]. `note`: a word under the change, such as its distance.

    Raises InputError for shapes that differ or values that are no picture. Cost: no passes.

    >>> x = Tensor([0.5]).expand(1, 8, 8)
    >>> Picture(x, x, "3", ("3", 0.9), ("8", 0.7), note="distance 0").truth
    '3'
    """

    original: Tensor
    adversarial: Tensor
    truth: str | None
    before: tuple[str, float]
    after: tuple[str, float]
    note: str = ""

    def __post_init__(self) -> None:
        _check("original", self.original)
        _check("adversarial", self.adversarial)
        _same_shape(self.original, self.adversarial)


@dataclass(frozen=True, eq=False)
class Forged:
    """An image made from noise: the noise, what became of it, and the target's confidence after each step.

    `start`, `final`: (c, h, w) in [0, 1]. `before`, `after`: label and confidence in [0, 1] of the two.
    `curve`: confidence in [0, 1] at step 0, 1, …; empty when there is no curve to draw.

    >>> x = Tensor([0.5]).expand(3, 8, 8)
    >>> Forged("From noise", x, x, ("fig", 0.02), ("common iguana", 0.99), curve=(0.0, 0.99)).title
    'From noise'
    """

    title: str
    start: Tensor
    final: Tensor
    before: tuple[str, float]
    after: tuple[str, float]
    curve: tuple[float, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        _check("start", self.start)
        _check("final", self.final)
        _same_shape(self.start, self.final)


def _check(name: str, image: Tensor) -> None:
    if image.ndim != 3 or image.numel() == 0:
        raise InputError(
            f"expected the {name} picture as (channels, height, width), got shape {tuple(image.shape)}: pass one image"
        )
    lowest, highest = image.min().item(), image.max().item()
    if not (lowest >= -1e-6 and highest <= 1 + 1e-6):  # a NaN fails both comparisons
        raise InputError(f"expected the {name} picture in [0, 1], got values from {lowest:g} to {highest:g}: scale it")


def _same_shape(one: Tensor, other: Tensor) -> None:
    if one.shape != other.shape:
        raise InputError(
            f"expected two pictures of one shape, got {tuple(one.shape)} and {tuple(other.shape)}: "
            "resize before attacking"
        )
