"""Models that are not torch modules, made into loaded models: ONNX files, HTTP endpoints, estimators, callables."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sparring.models._loaded import CallableModel, LoadedModel
from sparring.victims.base import Access
from sparring.victims.black_box import BlackBox
from sparring.victims.description import read_description
from sparring.victims.http import Endpoint
from sparring.victims.onnx import OnnxClassifier
from sparring.victims.scikit_learn import Estimator

PROBES = 2
"""Random images that a callable is asked about, to see whether it shows gradients, scores or labels."""


def load_onnx(path: Path) -> LoadedModel:
    """Return what an ONNX file holds; its checksum is the file's."""
    model = OnnxClassifier(path)
    return LoadedModel(
        CallableModel(model),
        str(path),
        None,
        model.input_shape,
        model.checksum,
        model.access,
        model.classes,
        opaque=True,
    )


def load_endpoint(path: Path) -> LoadedModel:
    """Return what a file describes, ready to be asked; its checksum is of what decides an answer, secrets aside."""
    about = read_description(path)
    endpoint = Endpoint(about)
    return LoadedModel(
        CallableModel(endpoint),
        str(path),
        about.names,
        about.input_shape,
        about.identity,
        endpoint.access,
        about.count,
        endpoint.ledger,
        opaque=True,
    )


def load_estimator(estimator: Any, text: str, checksum: str) -> LoadedModel:
    """Return a fitted classifier of scikit-learn, whose checksum is that of the file which makes it."""
    model = Estimator(estimator)
    return LoadedModel(
        CallableModel(model), text, model.classes, None, checksum, model.access, model.num_classes, opaque=True
    )


def load_black_box(box: BlackBox, text: str, checksum: str) -> LoadedModel:
    """Return a black box that the user's own code made, with the access it was given there."""
    return LoadedModel(CallableModel(box.model), text, None, None, checksum, box.access, box.classes, opaque=True)


def see_access(model: LoadedModel) -> LoadedModel:
    """Find out what a plain callable shows, once it is known what it takes; any other model says so itself.

    Cost: 2 or 4 forwards on random images, of which no sample is charged any.
    """
    if not isinstance(model.module, CallableModel) or model.access != "gradient" or model.input_shape is None:
        return model
    x = torch.rand(PROBES, *model.input_shape, generator=torch.Generator().manual_seed(0))
    return dataclasses.replace(model, access=access_of(model.module.function, x))


def access_of(function: Any, x: Tensor) -> Access:
    """Return what a callable shows at images x: "gradient", "scores" (n, k) or, as "decision", labels (n,).

    >>> access_of(lambda x: x.flatten(1), torch.rand(2, 1, 2, 2))
    'gradient'
    >>> access_of(lambda x: x.numpy().reshape(2, -1), torch.rand(2, 1, 2, 2))
    'scores'
    >>> access_of(lambda x: x.flatten(1).argmax(1), torch.rand(2, 1, 2, 2))
    'decision'
    """
    # numpy refuses tensors that ask for gradients; what else is wrong shows in the second call.
    with contextlib.suppress(Exception), torch.enable_grad():
        answer = function(x.clone().requires_grad_(True))
        if isinstance(answer, Tensor) and answer.requires_grad:
            return "gradient"
    return "decision" if np.ndim(BlackBox(function).raw(x)) == 1 else "scores"
