"""Whole configurations by name, one function a file: what a paper did, and where we depart from it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable

from sparring.errors import InputError, did_you_mean
from sparring.gan.config.gan import Gan
from sparring.registry import parse_as, units

__all__ = ["recipe", "recipes"]


def recipes() -> dict[str, Callable[[], Gan]]:
    """Return every recipe by name, sorted: the function of a file's own name.

    >>> "dcgan" in recipes()
    True
    """
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    return {name: getattr(importlib.import_module(f"{__name__}.{name}"), name) for name in names}


def recipe(text: str | Gan) -> Gan:
    """Return the configuration that a text names: a recipe, a recipe with other fields, or `gan(...)`.

    >>> recipe("wgan-gp") == recipe("wgan_gp"), recipe("dcgan(batch_size=32, average=0)").batch_size
    (True, 32)

    Raises: InputError for a name that is no recipe, or a field that a GAN does not have.
    """
    if isinstance(text, Gan):
        return text
    match = re.fullmatch(r"\s*([A-Za-z][\w-]*)\s*(\(.*\))?\s*", text, re.DOTALL) if isinstance(text, str) else None
    name = match[1].lower().replace("-", "_") if match else ""
    if match is None or name in units("gan"):
        return parse_as(Gan, text)
    if name not in recipes():
        raise InputError(f"expected a recipe or gan(...), got {text!r}{did_you_mean(match[1], [*recipes(), 'gan'])}")
    base = recipes()[name]()
    return parse_as(Gan, _merged(str(base), match[2], text)) if match[2] else base


def _merged(base: str, fields: str, text: str) -> str:
    """Return the text of a configuration with other fields, so that they are checked together and not before."""
    wanted = "expected fields of a recipe by name, such as dcgan(lr=1e-4)"
    try:
        texts = (base if "(" in base else base + "()", "gan" + fields)
        own, given = (ast.parse(each, mode="eval").body for each in texts)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(f"{wanted}, got {text!r}: it does not parse") from None
    if not isinstance(own, ast.Call) or not isinstance(given, ast.Call):
        raise InputError(f"{wanted}, got {text!r}")
    if given.args or not isinstance(given.func, ast.Name):
        raise InputError(f"{wanted}, got {text!r}")
    names = {each.arg for each in given.keywords}
    kept = [each for each in own.keywords if each.arg not in names]
    return ast.unparse(ast.Call(own.func, [], [*kept, *given.keywords]))
