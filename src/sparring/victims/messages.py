"""How images go into a request and answers come out of a response: templates and paths."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from sparring.errors import InputError
from sparring.types import Images

ENCODINGS = ("list", "levels", "png-base64")
MANY, ONE = "$images", "$image"
LEAST = 1e-12
"""Probabilities below this count as this: their logarithm stays finite."""
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\*|\d+)\]")


def as_sent(x: Images, encoding: str) -> Tensor:
    """Return the pixels that leave: float32 in [0, 1] as a list, else the nearest of 256 levels.

    >>> as_sent(torch.tensor([[0.5, 1.0]]), "levels").tolist()
    [[128, 255]]
    """
    if encoding == "list":
        return x.detach().cpu().float()
    return (x.detach().cpu() * 255).round().clamp(0, 255).to(torch.uint8)


def encoded(sent: Tensor, encoding: str) -> Any:
    """Return one image as JSON takes it: nested lists (*chw), or the base64 text of a PNG."""
    if encoding != "png-base64":
        return sent.tolist()
    if sent.ndim != 3 or sent.shape[0] not in (1, 3):
        raise InputError(f"expected images (1 or 3, h, w) to send as PNG, got {tuple(sent.shape)}: use encoding list")
    pixels = sent[0].numpy() if sent.shape[0] == 1 else sent.permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def fill(template: Any, images: list[Any]) -> Any:
    """Return the request with the images in place of "$images", or the only one in place of "$image".

    >>> fill({"instances": "$images", "top": 1}, [[0.5], [1.0]])
    {'instances': [[0.5], [1.0]], 'top': 1}
    >>> fill({"url": "data:image/png;base64,$image"}, ["iVBO"])
    {'url': 'data:image/png;base64,iVBO'}
    """
    if isinstance(template, dict):
        return {key: fill(value, images) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, images) for value in template]
    if template == MANY:
        return images
    if template == ONE:
        return images[0]
    if isinstance(template, str) and ONE in template and images and isinstance(images[0], str):
        return template.replace(ONE, images[0])
    return template


def places(template: Any) -> list[str]:
    """Return where a request holds images: "$images", or "$image", alone or inside a text."""
    if isinstance(template, dict):
        return [place for value in template.values() for place in places(value)]
    if isinstance(template, list):
        return [place for value in template for place in places(value)]
    if not isinstance(template, str) or ONE not in template:
        return []
    return [MANY if template == MANY else ONE]


def steps_of(path: str) -> list[str]:
    """Return the steps of a response's path: keys, positions, and "*" for every element of a list.

    >>> steps_of("predictions[*].scores")
    ['predictions', '*', 'scores']
    """
    steps, at = [], 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise InputError(f"expected a path such as predictions[*].scores in response, got {path!r}")
        steps.append(match[1] or match[2])
        at = match.end()
    return steps


def reach(value: Any, steps: list[str], where: str = "the response") -> Any:
    """Follow a path into a response.

    >>> reach({"predictions": [{"label": 3}, {"label": 1}]}, ["predictions", "*", "label"])
    [3, 1]

    Raises: InputError that says where the path ends and what is there instead.
    """
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(value, list):
        if step == "*":
            return [reach(each, rest, f"{where}[{index}]") for index, each in enumerate(value)]
        if step.isdigit() and int(step) < len(value):
            return reach(value[int(step)], rest, f"{where}[{step}]")
        raise InputError(f"expected element {step} in {where}, got a list of {len(value)}: see its path in response")
    if isinstance(value, dict) and step in value:
        return reach(value[step], rest, f"{where}.{step}")
    got = f"keys {', '.join(map(repr, list(value)[:6]))}" if isinstance(value, dict) else type(value).__name__
    wanted = "a list" if step == "*" else repr(step)
    raise InputError(f"expected {wanted} in {where}, got {got}: see its path in response")


def read(answer: Any, returns: str, names: tuple[str, ...] | None, count: int | None) -> list[float]:
    """Return one image's answer as k scores, or as one label: [3.0].

    >>> read("cat", "names", ("dog", "cat"), 2)
    [1.0]

    Raises: InputError for another kind of answer, number of classes, or name.
    """
    if returns == "names":
        if names is None or answer not in names:
            raise InputError(f"expected the name of a class in the response, got {str(answer)[:60]!r}: see classes")
        return [float(names.index(answer))]
    if returns == "labels":
        if isinstance(answer, bool) or not isinstance(answer, int | float) or answer != int(answer):
            raise InputError(f"expected a label, a whole number, in the response, got {str(answer)[:60]!r}")
        if not 0 <= answer < (count or 0):
            raise InputError(f"expected labels in [0, {(count or 0) - 1}] in the response, got {answer}: see classes")
        return [float(answer)]
    if isinstance(answer, dict) and names is not None and set(answer) == set(names):
        answer = [answer[name] for name in names]
    if not isinstance(answer, list) or not all(isinstance(v, int | float) for v in answer) or len(answer) < 2:
        raise InputError(f"expected a list of {count or 'at least 2'} {returns}, got {str(answer)[:60]}")
    if count is not None and len(answer) != count:
        raise InputError(f"expected {count} {returns} an image, got {len(answer)}: see classes")
    values = torch.tensor(answer, dtype=torch.float64)
    if not bool(torch.isfinite(values).all()):
        raise InputError(f"expected finite {returns}, got {str(answer)[:60]}")
    if returns == "probabilities":
        if float(values.min()) < -1e-6 or float(values.max()) > 1 + 1e-3:
            raise InputError(f"expected probabilities in [0, 1], got {str(answer)[:60]}: are they scores?")
        values = values.clamp(min=LEAST).log()
    return [float(value) for value in values]
