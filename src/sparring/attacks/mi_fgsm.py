"""Momentum, and what else makes an image carry over to models that were never asked: MI, NI, DI, TI and SI-FGSM."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from sparring.attacks._objectives import objective
from sparring.attacks._schedule import step_size
from sparring.attacks._search import Search
from sparring.attacks._views import View, blurred, darkened, diverse
from sparring.attacks.base import Attack
from sparring.errors import InputError


@dataclass(frozen=True)
class MIFGSM(Attack):
    """Iterate g ← μ g + W ∗ ∇ₓL / ‖W ∗ ∇ₓL‖₁, x ← Π_S(x + α · steepest(g)) from x itself: images that transfer.

    L is the mean over views of the image, so that the image fools more than the one model it is made on. Each paper's
    method is a setting, and they combine: MI-FGSM `mi_fgsm`; NI-FGSM `mi_fgsm(nesterov=True)`; DI-FGSM
    `mi_fgsm(momentum=0, diversity=0.5)`; TI-FGSM `mi_fgsm(momentum=0, kernel=15)`; SI-FGSM
    `mi_fgsm(momentum=0, scales=5)`; M-DI, TI-DI, SI-NI, ... by giving several.

    Fields: `steps` ≥ 1; `step_size` α in the unit of the norm, None for ε / steps; `momentum` μ ≥ 0; `nesterov`, to
    look one step of μ α ahead; `diversity`, the chance in [0, 1] that an image is shown smaller, somewhere on black;
    `smallest`, its least share of the size, in (0, 1]; `kernel`, the odd side of the Gaussian W, 1 for none;
    `scales` m ≥ 1, images shown at 1, 1/2, ..., 1/2^(m − 1) of their brightness; `loss`, ce, margin or dlr.

    Shapes: any; images (n, c, h, w) for diversity and kernel, which are refused for others.

    Cost: steps · scales (forwards + backwards) + 1 forward. Success is seen where an image is shown as it is: always
    without diversity, else at the last image alone.

    Source: Dong et al. 2018, arXiv 1710.06081 (μ, alg. 1); Lin et al. 2020, arXiv 1908.06281 (nesterov, scales); Xie et
    al. 2019, arXiv 1803.06978 (diversity); Dong et al. 2019, arXiv 1904.02884 (kernel). **Differs**: any norm, box
    and number of channels; the look ahead is a step of the norm, inside the threat, where the paper adds α μ g; the
    picture shrinks within its own frame, where the paper enlarges the frame from 299 to 330 pixels; every copy of a
    look is drawn anew.

    >>> import sparring
    >>> sparring.parse("mi_fgsm(scales=5)").passes(classes=10)
    101
    """

    cites = ("dong2018", "lin2020", "xie2019", "dong2019")
    steps: int = 10
    step_size: float | None = None
    momentum: float = 1.0
    nesterov: bool = False
    diversity: float = 0.0
    smallest: float = 0.9
    kernel: int = 1
    scales: int = 1
    loss: str = "ce"

    def __post_init__(self) -> None:
        objective(self.loss)
        if self.steps < 1 or self.scales < 1:
            raise InputError(f"expected steps >= 1 and scales >= 1, got {self.steps} and {self.scales}")
        if self.step_size is not None and not self.step_size > 0:
            raise InputError(f"expected step_size > 0, got {self.step_size}")
        if not 0 <= self.momentum < float("inf"):
            raise InputError(f"expected momentum >= 0, got {self.momentum}")
        if not 0 <= self.diversity <= 1 or not 0 < self.smallest <= 1:
            raise InputError(
                f"expected diversity in [0, 1] and smallest in (0, 1], got {self.diversity} and {self.smallest}"
            )
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise InputError(f"expected an odd kernel >= 1, the side of the smoothing, got {self.kernel}")

    def passes(self, classes: int) -> int:
        return 2 * self.steps * self.scales + 1

    def run(self, search: Search) -> None:
        if search.x.ndim != 4 and (self.diversity > 0 or self.kernel > 1):
            raise InputError(
                f"expected images (n, c, h, w) for diversity and kernel of mi_fgsm, got {tuple(search.x.shape)}: "
                "leave both out"
            )
        loss, size = objective(self.loss), step_size(self, search.threat, self.step_size, 1 / self.steps)
        x, velocity = search.x, torch.zeros_like(search.x)
        for _ in range(self.steps):
            ahead = search.threat.step(search.x, x, velocity, self.momentum * size) if self.nesterov else x
            slope = torch.zeros_like(x)
            for halvings in range(self.scales):
                _, _, part = search.look(ahead, loss, view=self._view(search, halvings))
                slope = slope + part
            slope = blurred(slope, self.kernel)
            length = slope.abs().flatten(1).sum(1).clamp_min(torch.finfo(slope.dtype).tiny)
            velocity = self.momentum * velocity + slope / length.view(-1, *[1] * (slope.ndim - 1))
            x = search.threat.step(search.x, x, velocity, size)
        search.logits(x)

    def _view(self, search: Search, halvings: int) -> View | None:
        """Return what to show of an image, drawn anew; None to show the image itself, which is then judged."""
        low, _ = search.threat.limits(search.x)
        if self.diversity == 0:
            return None if halvings == 0 else lambda x: darkened(x, low, halvings)
        draws = search.streams.uniform((3,), search.x.dtype)
        chosen = search.streams.uniform(()) < self.diversity

        def view(x: torch.Tensor) -> torch.Tensor:
            rows = search.rows
            return diverse(darkened(x, low, halvings), low, draws[rows], chosen[rows], self.smallest)

        return view
