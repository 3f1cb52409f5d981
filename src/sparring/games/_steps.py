"""Steps of optimizers as functions: where weights will be, with a graph that leads back through every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from sparring.errors import InputError

State: TypeAlias = Mapping[str, Any]
Formula: TypeAlias = Callable[[State, State, Tensor, Tensor], tuple[Tensor, dict[str, Any]]]
"""From an optimizer's settings, its state of a weight, the weight and its gradient to the next weight and state."""


class Steps:
    """Takes the steps that an optimizer would take, from its present state, which it leaves alone.

    Of Adam, AdamW, RMSprop and SGD, by their formulas: their own code works in place, where nothing can be traced back.
    A weight without a gradient stays where it is, as in theirs.

    Raises: InputError for other optimizers, and where something follows a step.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        formula = FORMULAS.get(type(optimizer))
        fields = [group for group in optimizer.param_groups for _ in group["params"]]
        if formula is None or any(group.get("amsgrad") for group in fields):
            known = ", ".join(each.__name__ for each in FORMULAS)
            raise InputError(
                f"expected one of the optimizers {known} without amsgrad to look ahead with, got "
                f"{type(optimizer).__name__}"
            )
        if getattr(optimizer, "_optimizer_step_post_hooks", None):
            raise InputError(
                "expected an optimizer whose steps nothing follows to look ahead with, got one after which weights are "
                "changed: leave out tricks such as weight_clipping"
            )
        self._formula, self._groups = formula, fields
        own = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        self._states: list[State] = [dict(optimizer.state.get(parameter, {})) for parameter in own]

    def __call__(self, weights: Sequence[Tensor], slopes: Sequence[Tensor | None]) -> list[Tensor]:
        """Return the weights after one more step."""
        moved = []
        for place, (weight, slope) in enumerate(zip(weights, slopes, strict=True)):
            if slope is None:
                moved.append(weight)
                continue
            group = self._groups[place]
            slope = -slope if group.get("maximize") else slope
            new, self._states[place] = self._formula(group, self._states[place], weight, slope)
            moved.append(new)
        return moved


def adam(group: State, state: State, weight: Tensor, slope: Tensor) -> tuple[Tensor, dict[str, Any]]:
    """Return w − η m̂ / (√v̂ + ε), m and v the running means of gradients and of their squares, without bias."""
    (beta1, beta2), rate = group["betas"], group["lr"]
    if group["weight_decay"]:
        slope = slope + group["weight_decay"] * weight
    zero, step = torch.zeros_like(weight), float(state.get("step", 0)) + 1
    m = beta1 * state.get("exp_avg", zero) + (1 - beta1) * slope
    v = beta2 * state.get("exp_avg_sq", zero) + (1 - beta2) * slope * slope
    length = _root(v) / (1 - beta2**step) ** 0.5 + group["eps"]
    return weight - rate / (1 - beta1**step) * m / length, {"step": step, "exp_avg": m, "exp_avg_sq": v}


def adamw(group: State, state: State, weight: Tensor, slope: Tensor) -> tuple[Tensor, dict[str, Any]]:
    """Adam's step from weights that have shrunk by themselves."""
    shrunk = weight * (1 - group["lr"] * group["weight_decay"])
    return adam({**group, "weight_decay": 0}, state, shrunk, slope)


def rmsprop(group: State, state: State, weight: Tensor, slope: Tensor) -> tuple[Tensor, dict[str, Any]]:
    """Return w − η g / (√v + ε), v the running mean of squares, or of squared deviations; with momentum, if any."""
    if group["weight_decay"]:
        slope = slope + group["weight_decay"] * weight
    zero, alpha = torch.zeros_like(weight), group["alpha"]
    v = alpha * state.get("square_avg", zero) + (1 - alpha) * slope * slope
    new: dict[str, Any] = {"square_avg": v}
    if group["centered"]:
        new["grad_avg"] = alpha * state.get("grad_avg", zero) + (1 - alpha) * slope
        v = v - new["grad_avg"] ** 2
    move = slope / (_root(v) + group["eps"])
    if group["momentum"]:
        move = new["momentum_buffer"] = group["momentum"] * state.get("momentum_buffer", zero) + move
    return weight - group["lr"] * move, new


def sgd(group: State, state: State, weight: Tensor, slope: Tensor) -> tuple[Tensor, dict[str, Any]]:
    """Return w − η g, or along g with what is left of the moves before."""
    if group["weight_decay"]:
        slope = slope + group["weight_decay"] * weight
    if not group["momentum"]:
        return weight - group["lr"] * slope, {}
    before = state.get("momentum_buffer")
    kept = slope if before is None else group["momentum"] * before + (1 - group["dampening"]) * slope
    move = slope + group["momentum"] * kept if group["nesterov"] else kept
    return weight - group["lr"] * move, {"momentum_buffer": kept}


FORMULAS: dict[type[torch.optim.Optimizer], Formula] = {
    torch.optim.Adam: adam,
    torch.optim.AdamW: adamw,
    torch.optim.RMSprop: rmsprop,
    torch.optim.SGD: sgd,
}


def _root(v: Tensor) -> Tensor:
    """Return √v, where v is 0 with the slope 0 and not inf: a unit that is dead has no gradient, and none of it."""
    alive = v > 0
    return torch.where(alive, torch.where(alive, v, 1.0).sqrt(), 0.0)
