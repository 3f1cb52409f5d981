"""A victim that shows scores or labels and nothing else: any callable, in torch or numpy."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from sparring.core.frozen import frozen
from sparring.errors import InputError
from sparring.types import Classifier, Images, Logits
from sparring.victims.base import Access, OutOfQueries, Victim, rejects_of


class BlackBox(Victim):
    """Any callable as a victim without gradients, for whoever can ask a model but not look inside.

    `model` takes images (n, *chw), as a torch tensor or as a numpy array, and returns (as tensor, array or list)
    scores (n, k), or labels (n,) in [0, k). Under `access` "decision" attacks see labels alone, as one-hot rows, be
    there scores or not; `classes` is k, needed where labels come. `takes` is what `model` is called with; by default
    what the annotation of its first parameter says, else a tensor, and an array where a tensor does not do.

    Raises: InputError for an answer of another shape, and for whatever goes wrong inside `model`.

    Cost: an image of `answer`, of `model` or of `swift` is one query.

    >>> box = BlackBox(lambda x: (x.mean((1, 2, 3)) > 0.5).long(), "decision", classes=2)
    >>> box.answer(torch.tensor([0.2, 0.9]).view(2, 1, 1, 1)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(
        self,
        model: Callable[..., Any],
        access: Access = "scores",
        classes: int | None = None,
        *,
        takes: Literal["torch", "numpy"] | None = None,
    ) -> None:
        if not callable(model):
            raise InputError(f"expected a callable from images to scores or labels, got {type(model).__name__}")
        if access not in ("scores", "decision"):
            raise InputError(f"expected access 'scores' or 'decision', got {access!r}: gradients need a torch model")
        if classes is not None and classes < 2:
            raise InputError(f"expected classes >= 2, got {classes}")
        self.access, self.classes, self.checks, self.rejects = access, classes, 0, rejects_of(model)
        self._given, self._takes = model, takes or _annotated(model)
        self.model: Classifier = self._say  # bound once: whoever compares gets the same object

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze the callable, should it be a torch module after all."""
        with frozen(self._given):
            yield

    def answer(self, x: Images) -> Logits:
        """Return scores (n, k), or one-hot rows where labels are all that shows."""
        return self._say(x)

    def swift(self, x: Images, logits: Logits, *, exact: bool) -> Classifier:
        """Return the model itself: nothing faster can be made of it."""
        return self.model

    def _say(self, x: Images) -> Logits:
        with torch.no_grad():
            said = as_scores(self.raw(x), len(x), self.classes, labels=self.access == "decision")
        return said.to(x.device)

    def raw(self, x: Images) -> Any:
        """Return what the callable says, as it says it."""
        try:
            if self._takes is not None:
                return self._given(_form(x, self._takes))
            try:
                answer = self._given(_form(x, "torch"))
                self._takes = "torch"
            except (TypeError, AttributeError, ValueError, RuntimeError):  # what numpy code says of a tensor
                try:
                    answer = self._given(_form(x, "numpy"))
                except Exception:
                    answer = None
                if answer is None:
                    raise  # the trouble is another one
                self._takes = "numpy"
            return answer
        except (InputError, OutOfQueries):
            raise
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InputError(
                f"expected a model that takes images of shape {tuple(x.shape[1:])}, got an error from it: {reason}"
            ) from error


def as_scores(answer: Any, n: int, classes: int | None, *, labels: bool) -> Logits:
    """Return an answer as float scores (n, k); labels (n,), or all answers if `labels`, become one-hot rows.

    >>> as_scores([2, 0], 2, 3, labels=True).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    try:
        values = answer.detach() if isinstance(answer, Tensor) else torch.from_numpy(np.array(answer))
    except (TypeError, ValueError):
        kind = type(answer).__name__
        raise InputError(f"expected scores ({n}, classes) or labels ({n},) from the model, got {kind}") from None
    if values.ndim == 2 and len(values) == n and values.shape[1] >= 2:
        if not labels:
            return values if values.is_floating_point() else values.float()
        if not bool(torch.isfinite(values).all()):
            raise InputError("expected finite scores from the model, got NaN or inf")
        return _one_hot(values.argmax(1), values.shape[1])
    whole = not values.is_complex() and bool((values == values.round() if values.is_floating_point() else values).all())
    if values.ndim != 1 or len(values) != n:
        raise InputError(
            f"expected scores ({n}, classes >= 2) or labels ({n},) from the model, got shape {tuple(values.shape)}"
        )
    if not labels:
        raise InputError(
            f"expected scores ({n}, classes >= 2) from the model, got one value an image: if they are labels, "
            "the access is 'decision'"
        )
    if classes is None:
        raise InputError(
            "expected the number of classes for a model that returns labels, got none: "
            "give it, as in BlackBox(model, 'decision', classes=10)"
        )
    if values.is_floating_point() and not whole:
        raise InputError(f"expected labels in [0, {classes - 1}] from the model, got {float(values[0]):g}")
    values = values.long()
    if bool(((values < 0) | (values >= classes)).any()):
        worst = int(values[(values < 0) | (values >= classes)][0])
        raise InputError(f"expected labels in [0, {classes - 1}] from the model, got {worst}")
    return _one_hot(values, classes)


def _one_hot(labels: Tensor, classes: int) -> Logits:
    return torch.nn.functional.one_hot(labels, classes).float()


def _form(x: Images, kind: str) -> Any:
    """Return a copy that the model may keep or change."""
    return x.detach().cpu().numpy().copy() if kind == "numpy" else x.detach().clone()


def _annotated(model: Callable[..., Any]) -> Literal["torch", "numpy"] | None:
    """Return what the annotation of the first parameter asks for, if it does."""
    try:
        first = next(iter(inspect.signature(model).parameters.values()), None)
    except (TypeError, ValueError):
        return None
    text = "" if first is None or first.annotation is inspect.Parameter.empty else str(first.annotation)
    if "ndarray" in text or "NDArray" in text:
        return "numpy"
    return "torch" if "Tensor" in text else None
