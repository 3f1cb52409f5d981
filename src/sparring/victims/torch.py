"""A PyTorch classifier as a victim: logits, gradients, and several gradients of one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from sparring.core.frozen import frozen
from sparring.core.twin import fast_twin
from sparring.errors import InputError
from sparring.types import Classifier, Images, Logits, Scores
from sparring.victims.base import Victim, rejects_of

PROBES = 8
"""Images on which a fast twin is checked against the model."""


class TorchVictim(Victim):
    """A classifier (module or callable, images (n, *chw) → logits (n, k)) that gives gradients.

    `model` is the user's own, which has the last word; passes go to `swift`, its fast twin. A twin is made once and
    kept until the weights change. `checks` counts the image passes spent on making and checking twins, which are
    nobody's: they are the same however many samples are attacked. Use it inside `with victim.frozen():`.
    """

    def __init__(self, model: Classifier, *, fast: bool = True) -> None:
        if not callable(model):
            raise InputError(f"expected a model: a torch module or a callable, got {type(model).__name__}")
        self.access, self.model, self.rejects = "gradient", model, rejects_of(model)
        self.fast = fast
        self.checks = 0
        self._twins: dict[bool, Classifier] = {}
        self._weights: tuple[float, ...] = ()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze the user's model for the time of the block, and leave no mark on it."""
        with frozen(self.model):
            yield

    def answer(self, x: Images) -> Logits:
        """Return the logits of the user's own model, in its own precision; 1 forward."""
        try:
            return logits_of(self.model, x)
        except InputError:
            raise
        except (RuntimeError, TypeError, ValueError, IndexError, AssertionError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InputError(
                f"expected a model that takes {x.dtype} images of shape {tuple(x.shape[1:])}, got an error from it: "
                f"{reason}"
            ) from error

    def swift(self, x: Images, logits: Logits, *, exact: bool) -> Classifier:
        """Return the model that passes are run on, made and checked at the first call on these images."""
        if not self.fast:
            return self.model
        weights = _fingerprint(self.model)
        if weights != self._weights:
            self._twins, self._weights = {}, weights
        if exact not in self._twins:
            twin, passes = fast_twin(self.model, x[:PROBES], logits[:PROBES], exact=exact)
            self.checks += passes * len(x[:PROBES])
            self._twins[exact] = twin
        return self._twins[exact]


def _fingerprint(model: Classifier) -> tuple[float, ...]:
    """Return figures that change with the weights, so that no twin outlives a training step."""
    if not isinstance(model, nn.Module):
        return ()
    return tuple(
        float(value)
        for tensor in (*model.parameters(), *model.buffers())
        if tensor.is_floating_point()
        for value in (tensor.detach().double().sum(), tensor.detach().double().square().sum())
    )


def logits_of(model: Classifier, x: Images) -> Logits:
    """Return logits without a graph; 1 forward. The model gets a copy: one that works in place harms nobody."""
    with torch.no_grad():
        answer: object = model(x.clone())
        return answer.detach() if isinstance(answer, Tensor) else answer  # type: ignore[return-value]


def value_and_gradient(
    model: Classifier, x: Images, objective: Callable[[Logits], Scores]
) -> tuple[Logits, Scores, Images]:
    """Return logits (n, k), the objective (n,) and its gradient with respect to each image; 1 forward, 1 backward.

    The objective is summed over the batch, so a sample's gradient does not depend on its company (T6), and no
    weight gradient is ever computed (T29).
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        logits = model(x.clone())
        values = objective(logits)
        if not values.requires_grad:
            raise _no_gradient()
        (gradient,) = torch.autograd.grad(values.sum(), x, allow_unused=True)
    if gradient is None:
        raise _no_gradient()
    return logits.detach(), values.detach(), gradient


def jacobian(
    model: Classifier, x: Images, directions: Tensor, seen: Callable[[Logits], Logits] = lambda logits: logits
) -> tuple[Logits, Tensor]:
    """Return logits (n, k) and the gradients (n, m, *chw) of m weightings of them; 1 forward, m backwards.

    `directions` (n, m, k) holds the weights: rows of the identity give gradients of single logits, a difference of
    two rows the gradient of a difference. They weigh the logits as they are `seen`.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        logits = model(x.clone())
        weighed = seen(logits)
        if not weighed.requires_grad:
            raise _no_gradient()
        count = directions.shape[1]
        gradients = []
        for index in range(count):
            weighted = (weighed * directions[:, index]).sum()
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
