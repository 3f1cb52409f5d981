"""Values in the text of a unit: which fit a field, and how a number is written."""

from __future__ import annotations

import types
import typing
from typing import Any, Union


def fits(value: Any, hint: Any) -> bool:
    """Say whether a value read from text may go into a field of that type.

    >>> fits(1, float), fits(True, int), fits((1, 2), tuple[int, ...]), fits(None, float | None)
    (True, False, True, True)
    """
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, each) for each in typing.get_args(hint))
    if origin is tuple:
        inner = typing.get_args(hint)
        if not isinstance(value, tuple):
            return False
        if len(inner) == 2 and inner[1] is Ellipsis:
            return all(fits(item, inner[0]) for item in value)
        return len(value) == len(inner) and all(fits(*pair) for pair in zip(value, inner, strict=True))
    if origin is typing.Literal:
        return value in typing.get_args(hint)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is None:
        return value is None
    return isinstance(value, hint) if isinstance(hint, type) and hint is not Any else True


def with_article(noun: str) -> str:
    """Return a noun with its indefinite article.

    >>> with_article("attack"), with_article("threat")
    ('an attack', 'a threat')
    """
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def show_float(value: float) -> str:
    """Return the text of a number: levels of 255 as fractions, whole numbers without a point.

    >>> show_float(8 / 255), show_float(40.0), show_float(0.5)
    ('8/255', '40', '0.5')
    """
    levels = value * 255
    if len(repr(value)) > 7 and 0 < abs(levels) < 255 and value == round(levels) / 255:
        return f"{round(levels)}/255"
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
