"""What an attacker may do, in words for someone who has never heard of a norm."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from sparring.report import _words as words

NORMS = {"linf": "L∞", "l2": "L2", "l1": "L1", "l0": "L0"}


def size(result: Mapping[str, Any]) -> str:
    """Return ε as the user wrote it in the threat (`8/255` is not `0.031`: T13), else from the figure.

    >>> size({"threat": "linf(8/255)", "eps": 0.03137}), size({"norm": "linf", "eps": 4 / 255})
    ('8/255', '4/255')
    """
    written = re.match(r"\w+\((?:eps=)?([\d./eE+-]+)", str(result.get("threat", "")))
    if written:
        return written[1]
    eps = result.get("eps")
    if eps is None:
        return words.NOTHING
    levels = 255 * eps
    if norm(result) == "linf" and abs(levels - round(levels)) < 0.01 and round(levels):
        return f"{round(levels)}/255"
    return words.number(eps)


def radius(result: Mapping[str, Any]) -> float | None:
    """Return ε as a number.

    >>> radius({"threat": "linf(1/4)"}), radius({"eps": 0.5}), radius({})
    (0.25, 0.5, None)
    """
    eps = result.get("eps")
    if eps is not None:
        return float(eps)
    top, _, bottom = size(result).partition("/")
    try:
        return float(top) / float(bottom or 1)
    except (ValueError, ZeroDivisionError):
        return None


def norm(result: Mapping[str, Any]) -> str:
    """Return the norm's name, from the threat where the result does not say.

    >>> norm({"threat": "l2(0.5)"})
    'l2'
    """
    return str(result.get("norm") or str(result.get("threat", "")).partition("(")[0])


def attacker(result: Mapping[str, Any]) -> str:
    """Return who attacks: "an attacker who may …", or just "an attacker" where the threat is not known.

    >>> attacker({"threat": "l0(10)"})
    'an attacker who may repaint at most 10 pixel values, each at will'
    """
    may = _power(result)
    return f"an attacker who {may}" if may else "an attacker"


def _power(result: Mapping[str, Any]) -> str:
    eps, text, kind = radius(result), size(result), norm(result)
    if eps is None or kind not in NORMS:
        return f"may do what the threat {result['threat']} allows" if result.get("threat") else ""
    if kind == "linf":
        seen = f"{words.percent(eps)} of full scale: {_visibility(eps)}"
        return f"may change every pixel by at most {text} ({seen})"
    if kind == "l2":
        return f"may change the whole image by a Euclidean distance of at most {text}"
    if kind == "l1":
        return f"may change pixel values by at most {text} in total, full scale counting as 1"
    return f"may repaint at most {text} pixel values, each at will"


def _visibility(eps: float) -> str:
    """Say how an L∞ change of this size looks on an ordinary picture: rough, and meant so."""
    levels = 255 * eps
    if levels <= 8.5:
        return "not visible to most people"
    return "visible on a close look" if levels <= 16.5 else "plainly visible"


def meaning(result: Mapping[str, Any]) -> str:
    """Return the threat explained to someone who has never heard of a norm; empty when it is not known."""
    eps, text = radius(result), size(result)
    if eps is None:
        return ""
    if norm(result) == "linf":
        return (
            f"Each color value of each pixel may move up or down by at most {text}, where 0 is black and 1 "
            "is full brightness. All of them may move at once, each in its own direction."
        )
    if norm(result) == "l2":
        whole = (
            f"changing a single pixel value by {words.percent(eps)} of full scale"
            if eps <= 1
            else f"turning {words.plural(math.floor(eps * eps), 'pixel value')} from black to white"
        )
        return (
            f"The budget of {text} counts all changes together: square each, add up, take the root. "
            f"It pays for {whole}, or for a far smaller change to very many of them."
        )
    if norm(result) == "l1":
        return (
            f"The budget of {text} is the sum of all changes, where black to white counts 1. It may go into "
            "a few pixel values or be spread over many."
        )
    if norm(result) == "l0":
        return f"At most {text} pixel values may be repainted, each at will; all others stay as they are."
    return ""
