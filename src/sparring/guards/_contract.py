"""The contract of guards, runnable by anyone on one of their own; `sparring.testing` shows it."""

from __future__ import annotations

import math
import warnings

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from sparring.core.tensors import stored
from sparring.data import Dataset
from sparring.errors import SparringWarning
from sparring.guards.base import Guard
from sparring.models import fit
from sparring.models.cnn import Cnn
from sparring.registry import parse, show, units
from sparring.types import Images, Labels
from sparring.victims.base import rejects_of
from sparring.victims.views import seeded

CLASSES = 3


def check_guard(guard: Guard) -> None:
    """Hold a guard to what every guard promises, on a small net for images of three shapes in noise.

    It is a value, built with no arguments, and equal to its text if the registry has it. Fitting leaves the classifier,
    its modes, its flags and torch's generator as found. The guarded model is in eval mode and answers k logits, one
    more if it says that it `rejects`, finite and each image for itself. Its state, once through a file, gives the same
    model back. Where a guard has `false_alarms`, so many other clean images are refused, give or take four deviations.

    Raises: AssertionError, one sentence.

    Cost: two fittings of the guard on 300 images.

    >>> check_guard(parse("bit_depth"))  # type: ignore[arg-type]
    """
    one, two = type(guard)(), type(guard)()
    _hold(guard, one == two and hash(one) == hash(two), "a value, two of which are equal and hash alike")
    if type(guard) in units("guard").values():
        _hold(guard, parse(show(guard), "guard") == guard, "its text to give it back")
    train, calibration, fresh = _shapes(300, 1), _shapes(400, 2), _shapes(600, 3)
    net = Cnn(width=4).build(train.shape, CLASSES, seed=0)
    fit(net, train, epochs=6, seed=0)
    model = _fitted_without_a_trace(guard, net, train, calibration)
    _hold(guard, not any(module.training for module in model.modules()), "the guarded model in eval mode")
    _hold(guard, rejects_of(model) == guard.rejects, f"a model that rejects: {guard.rejects}, as it declares")
    x = fresh.images(range(12))
    answer = _answers(model, x)
    width = CLASSES + guard.rejects
    _hold(guard, answer.shape == (12, width), f"logits of shape (12, {width}), got {tuple(answer.shape)}")
    _hold(guard, bool(torch.isfinite(answer).all()), "finite logits")
    other = x.clone()
    other[5] = 1 - other[5]
    kept = torch.arange(12) != 5
    _hold(guard, torch.equal(_answers(model, other)[kept], answer[kept]), "each image judged for itself (T35)")
    state = load(save(stored(model)))
    _hold(guard, torch.equal(_answers(guard.restore(net, state), x), answer), "its state to give the same model back")
    again = _answers(guard.fit(net, train, calibration, seed=1), x)
    _hold(guard, torch.equal(again, answer), "the same model from the same seed")
    rate = getattr(guard, "false_alarms", None)
    if rate is not None:
        refused = float((_answers(model, fresh.images()).argmax(1) == CLASSES).double().mean())
        slack = 4 * math.sqrt(rate * (1 - rate) * (1 / len(fresh) + 1 / len(calibration)))
        _hold(guard, refused <= rate + slack, f"at most about {rate:.0%} false alarms, got {refused:.1%}")


def _shapes(n: int, seed: int) -> Dataset:
    """Return images of a bright left, right or middle in noise, so loud that a net errs on some."""
    generator = torch.Generator().manual_seed(seed)
    y: Labels = torch.arange(n) % CLASSES
    x = 0.35 + 0.18 * torch.randn(n, 1, 8, 8, generator=generator)
    for label, columns in enumerate((slice(0, 3), slice(5, 8), slice(3, 5))):
        x[y == label, :, :, columns] += 0.12
    return Dataset(x.clamp(0, 1), y)


def _fitted_without_a_trace(guard: Guard, net: nn.Module, train: Dataset, calibration: Dataset) -> nn.Module:
    net.train()
    first = next(net.parameters()).requires_grad_(False)
    weights, state = [p.detach().clone() for p in net.parameters()], torch.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SparringWarning)
        model = guard.fit(net, train, calibration, seed=1)
    same = all(torch.equal(p, was) for p, was in zip(net.parameters(), weights, strict=True))
    _hold(guard, same, "the classifier's weights as they were")
    _hold(guard, all(module.training for module in net.modules()), "the classifier's modes as they were (T28)")
    flags = [p.requires_grad for p in net.parameters()]
    _hold(guard, flags == [False] + [True] * (len(flags) - 1), "the classifier's flags as they were (T29)")
    _hold(guard, torch.equal(torch.get_rng_state(), state), "torch's global generator as it was (T30)")
    first.requires_grad_(True)
    net.eval()
    return model


def _answers(model: nn.Module, x: Images) -> Tensor:
    """Return logits; a guard that draws numbers draws the same ones each time."""
    with torch.no_grad(), seeded(0):
        return torch.cat([model(part) for part in torch.split(x, 100)])


def _hold(guard: Guard, held: bool, promise: str) -> None:
    if not held:
        raise AssertionError(f"{guard}: expected {promise}")
