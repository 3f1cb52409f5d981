"""Several classifiers as one: a source for attacks that should carry over to models it does not hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from sparring.errors import InputError, did_you_mean
from sparring.models._loaded import LoadedModel, checksum
from sparring.types import Images, Logits

MEANS = ("logits", "probabilities", "log_probabilities")


class Ensemble(nn.Module):
    """The mean of several models, for an attacker who has many and wants an image that fools all of them.

    `mean` is of their
        logits              z = Σ zᵢ / m: the surest model has the most say; carries over best in the source
        probabilities       z = log Σ softmax(zᵢ) / m: one model that is fooled weighs as much as any other
        log_probabilities   z = Σ log softmax(zᵢ) / m: −z_y is the mean of the models' losses, of which cross-entropy
                            is blind to the part that all classes share

    Shapes: (n, *chw) → (n, k), logits of the ensemble in each case. Raises: InputError for no model or another mean.

    Cost: a pass of it is a pass of each of its models; ledgers count it as one.

    Source: Dong et al. 2018, arXiv 1710.06081, section 3.4 (logits), and Liu et al. 2017, arXiv 1611.02770
    (probabilities). **Differs**: equal weights only.

    >>> flat = [nn.Linear(2, 2), nn.Linear(2, 2)]
    >>> x = torch.rand(3, 2)
    >>> bool(torch.allclose(Ensemble(flat)(x), (flat[0](x) + flat[1](x)) / 2))
    True
    """

    def __init__(
        self, models: Sequence[nn.Module], mean: Literal["logits", "probabilities", "log_probabilities"] = "logits"
    ) -> None:
        super().__init__()
        if not models:
            raise InputError("expected at least one model in an ensemble, got none")
        if mean not in MEANS:
            raise InputError(f"expected the mean of {', '.join(MEANS)}, got {mean!r}{did_you_mean(mean, MEANS)}")
        self.models, self.mean = nn.ModuleList(models), mean

    def forward(self, x: Images) -> Logits:
        """Return the mean as logits (n, k)."""
        logits = torch.stack([model(x) for model in self.models])
        if self.mean == "logits":
            return logits.mean(0)
        logs = logits.log_softmax(2)
        return logs.mean(0) if self.mean == "log_probabilities" else logs.logsumexp(0) - math.log(len(logs))


def ensemble_of(models: Sequence[LoadedModel]) -> LoadedModel:
    """Return loaded models as one, by the mean of their logits.

    Raises: InputError for models without gradients, and for ones that name their classes differently.
    """
    closed = [model.text for model in models if model.access != "gradient"]
    if closed:
        raise InputError(f"expected models with gradients in an ensemble, got {', '.join(closed)} without")
    named = {model.classes for model in models if model.classes is not None}
    if len(named) > 1:
        raise InputError("expected models with the same classes in the same order, got several lists of classes")
    module = Ensemble([model.module for model in models])
    shapes = [model.input_shape for model in models if model.input_shape is not None]
    return LoadedModel(
        module,
        "mean of " + ", ".join(model.text for model in models),
        next(iter(named), None),
        shapes[0] if shapes else None,
        checksum(module),
    )
