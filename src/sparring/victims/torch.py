"""A PyTorch classifier as a victim: logits, gradients, and several gradients of one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from sparring.core.frozen import frozen
from sparring.core.twin import fast_twin
from sparring.errors import InputError
from sparring.types import Classifier, Images, Logits, Scores
from sparring.victims.base import Access, Ledger

PROBES = 8
"""Images on which a fast twin is checked against the model."""


class TorchVictim:
    """A classifier (module or callable, images (n, *chw) → logits (n, k)) that gives gradients.

    `model` is the user's own, which has the last word; passes go to `swift`, its fast twin once `prepare` has made
    one, else the model itself. Use it inside `with victim.frozen():`.
    """

    access: Access = "gradient"

    def __init__(self, model: Classifier, *, fast: bool = True) -> None:
        if not callable(model):
            raise InputError(f"expected a model: a torch module or a callable, got {type(model).__name__}")
        self.model = model
        self.fast = fast
        self._twins: dict[bool, Classifier] = {}

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze the user's model for the time of the block, and leave no mark on it."""
        with frozen(self.model):
            yield

    def answer(self, x: Images) -> Logits:
        """Return the logits of the user's own model, in its own precision; 1 forward."""
        with torch.no_grad():
            try:
                logits: Tensor = self.model(x)
            except RuntimeError as error:
                reason = str(error).strip().splitlines()[0]
                raise InputError(
                    f"expected a model that takes images of shape {tuple(x.shape[1:])}, got an error from it: {reason}"
                ) from error
        return logits

    def swift(self, x: Images, logits: Logits, ledger: Ledger, *, exact: bool) -> Classifier:
        """Return the model that passes are run on, made and checked at the first call on these images."""
        if not self.fast:
            return self.model
        if exact not in self._twins:
            rows = torch.arange(min(PROBES, len(x)))
            twin, forwards, backwards = fast_twin(self.model, x[:PROBES], logits[:PROBES], exact=exact)
            ledger.add(rows, forwards, backwards)
            self._twins[exact] = twin
        return self._twins[exact]


def logits_of(model: Classifier, x: Images) -> Logits:
    """Return logits without a graph; 1 forward."""
    with torch.no_grad():
        return model(x).detach()


def value_and_gradient(
    model: Classifier, x: Images, objective: Callable[[Logits], Scores]
) -> tuple[Logits, Scores, Images]:
    """Return logits (n, k), the objective (n,) and its gradient with respect to each image; 1 forward, 1 backward.

    The objective is summed over the batch, so a sample's gradient does not depend on its company (T6), and no
    weight gradient is ever computed (T29).
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        logits = model(x)
        values = objective(logits)
        if not values.requires_grad:
            raise _no_gradient()
        (gradient,) = torch.autograd.grad(values.sum(), x, allow_unused=True)
    if gradient is None:
        raise _no_gradient()
    return logits.detach(), values.detach(), gradient


def jacobian(model: Classifier, x: Images, directions: Tensor) -> tuple[Logits, Tensor]:
    """Return logits (n, k) and the gradients (n, m, *chw) of m weightings of them; 1 forward, m backwards.

    `directions` (n, m, k) holds the weights: rows of the identity give gradients of single logits, a difference of
    two rows the gradient of a difference.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        logits = model(x)
        if not logits.requires_grad:
            raise _no_gradient()
        count = directions.shape[1]
        gradients = []
        for index in range(count):
            weighted = (logits * directions[:, index]).sum()
            (gradient,) = torch.autograd.grad(weighted, x, retain_graph=index + 1 < count, allow_unused=True)
            if gradient is None:
                raise _no_gradient()
            gradients.append(gradient)
    return logits.detach(), torch.stack(gradients, 1)


def _no_gradient() -> InputError:
    return InputError(
        "expected a model with gradients, got one that is not differentiable from logits to pixels "
        "(an argmax, a detach, numpy, or no_grad inside it): its robustness cannot be judged by these attacks"
    )
