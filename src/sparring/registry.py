"""File ↔ name ↔ unit ↔ text: `attacks/pgd.py` is the attack `pgd`, written `pgd(steps=40)` everywhere.

A unit is a frozen dataclass, one a file, found by its file: no list is kept by hand, and a new
file is listed, parsed, tested, benched and documented from the moment it exists.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import math
import pkgutil
import re
import typing
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar, cast

from sparring.core.text import fits, show_float, with_article
from sparring.errors import InputError, did_you_mean

PACKAGES = {
    "attack": "sparring.attacks",
    "threat": "sparring.threats",
    "model": "sparring.models",
    "data": "sparring.data",
    "rule": "sparring.games",
    "defense": "sparring.defenses",
    "guard": "sparring.guards",
    "loss": "sparring.gan.losses",
    "penalty": "sparring.gan.penalties",
    "trick": "sparring.gan.tricks",
    "nets": "sparring.gan.nets",
    "inference": "sparring.gan.inference",
    "gan": "sparring.gan.config",
    "metric": "sparring.metrics",
    "features": "sparring.metrics.features",
    "problem": "sparring.modes.problems",
    "estimator": "sparring.modes.estimators",
}
"""The kinds of unit, and the package whose files they are."""


@dataclasses.dataclass(frozen=True)
class Unit:
    """What can be named: a value that is comparable, hashable, printable, storable, built with no arguments.

    `cites`: keys of `references.bib`. `positional`: how many leading fields `show` writes always, without names.
    """

    kind: ClassVar[str] = ""
    cites: ClassVar[tuple[str, ...]] = ()
    positional: ClassVar[int] = 0

    @classmethod
    def name(cls) -> str:
        """Return the name in the registry: the name of the file, with `-` for `_` in models, data sets and features."""
        stem = cls.__module__.rsplit(".", 1)[-1]
        return stem.replace("_", "-") if cls.kind in ("model", "data", "features") else stem

    def __str__(self) -> str:
        return show(self)


U = TypeVar("U", bound=Unit)


def units(kind: str) -> dict[str, type[Unit]]:
    """Return every unit of a kind by name, sorted.

    >>> "pgd" in units("attack")
    True
    """
    if kind not in PACKAGES:
        raise InputError(f"expected a kind of unit, got {kind!r}{did_you_mean(kind, PACKAGES)}")
    return dict(_units(kind))


@functools.cache
def _units(kind: str) -> tuple[tuple[str, type[Unit]], ...]:
    package = importlib.import_module(PACKAGES[kind])
    found: dict[str, type[Unit]] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.startswith("_") or info.name == "base" or info.ispkg:
            continue
        module = importlib.import_module(f"{PACKAGES[kind]}.{info.name}")
        here = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, Unit)
            and value.kind == kind
            and value.__module__ == module.__name__
        ]
        if len(here) != 1:
            raise RuntimeError(f"{module.__name__} must hold exactly one unit of kind {kind!r}, found {len(here)}")
        found[here[0].name()] = here[0]
    return tuple(sorted(found.items()))


def lookup(name: str, kind: str | None = None) -> type[Unit]:
    """Return the class of the unit called `name` (`-` and `_` read the same), in one kind or in all."""
    kinds = [kind] if kind else list(PACKAGES)
    wanted = name.lower().replace("-", "_")
    for each in kinds:
        for known, cls in units(each).items():
            if known.replace("-", "_") == wanted:
                return cls
    known_names = [known for each in kinds for known in units(each)]
    what = {"data": "a data set", "nets": "a pair of nets"}.get(kind or "", with_article(kind or "unit"))
    raise InputError(f"expected {what}, got {name!r}{did_you_mean(name, known_names)}")


def parse(text: str | Unit, kind: str | None = None) -> Unit:
    """Read a unit from its text, such as `"pgd(steps=40)"` or `"linf(8/255)"`; nothing is evaluated.

    Numbers, fractions, `inf`, strings, `True`/`False`/`None`, lists, tuples and calls of other units are
    understood; arguments go to fields in order or by name. A unit passes through unchanged.

    Raises: InputError for an unknown name or field, with the closest known ones.

    >>> parse("linf(8/255)").eps == 8 / 255
    True
    """
    if isinstance(text, Unit):
        if kind is not None and text.kind != kind:
            raise InputError(f"expected a unit of kind {kind!r}, got the {text.kind} {show(text)!r}")
        return text
    if not isinstance(text, str):
        raise InputError(f"expected a unit or its text, such as 'pgd(steps=40)', got {type(text).__name__}")
    # Names such as `efficientnet-lite0` would parse as a subtraction.
    readable = re.sub(r"^[A-Za-z][\w-]*(?=$|\()", lambda head: head[0].replace("-", "_"), text.strip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's remarks on odd literals; what is odd is refused below
            node = ast.parse(readable, mode="eval").body
        return _read_unit(node, text, kind)
    except InputError:
        raise
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        shown = text if len(text) <= 60 else text[:60] + "..."
        raise InputError(f"expected a unit such as 'pgd(steps=40)', got {shown!r}: it does not parse") from None


def parse_as(base: type[U], text: str | Unit) -> U:
    """Read a unit as `parse` does, and return it with the type of its kind's base class."""
    unit = parse(text, base.kind)
    return cast(U, unit)


def _read_unit(node: ast.expr, text: str, kind: str | None) -> Unit:
    if isinstance(node, ast.Name):
        return lookup(node.id, kind)()
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        raise InputError(f"expected a unit such as 'pgd(steps=40)', got {text!r}")
    cls = lookup(node.func.id, kind)
    fields = {field.name: field for field in dataclasses.fields(cls)}
    if len(node.args) > len(fields):
        raise InputError(f"expected at most {len(fields)} arguments to {cls.name()}, got {len(node.args)} in {text!r}")
    given: dict[str, Any] = {}
    for field_name, argument in zip(fields, node.args, strict=False):
        given[field_name] = _read_value(argument, text)
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg not in fields:
            raise InputError(
                f"expected a field of {cls.name()}, got {keyword.arg!r}{did_you_mean(keyword.arg or '**', fields)}"
            )
        if keyword.arg in given:
            raise InputError(f"expected {keyword.arg!r} once in {text!r}, got it twice")
        given[keyword.arg] = _read_value(keyword.value, text)
    hints = typing.get_type_hints(cls)
    for key, value in given.items():
        if not fits(value, hints[key]):
            wanted = getattr(hints[key], "__name__", None) if isinstance(hints[key], type) else str(hints[key])
            raise InputError(f"expected {wanted} for {cls.name()}({key}=...), got {value!r}")
        if hints[key] is float and isinstance(value, int):
            given[key] = float(value)
    return cls(**given)


def _read_value(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float | str | bool | None):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_read_number(operand, text)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _read_number(operand, text)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            bottom = _read_number(right, text)
            if bottom == 0:
                raise InputError(f"expected a fraction with a denominator other than 0, got {text!r}")
            return _read_number(left, text) / bottom
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return tuple(_read_value(item, text) for item in items)
        case ast.Name(id="inf"):
            return math.inf
        case ast.Name(id=word):
            return word  # a bare word is a string: loss=dlr
        case ast.Call():
            return _read_unit(node, text, None)
    raise InputError(f"expected numbers, fractions, strings, lists or units inside {text!r}, got {ast.unparse(node)!r}")


def _read_number(node: ast.expr, text: str) -> Any:
    value = _read_value(node, text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"expected a number inside {text!r}, got {ast.unparse(node)!r}")
    return value


def show(unit: Unit, *, whole: bool = False) -> str:
    """Return the text of a unit; `parse(show(u)) == u`. Fields at their defaults are left out, unless `whole`.

    What is kept in a file is `whole`: it means the same when a default has become another.

    >>> show(parse("linf(0.03137254901960784)"))
    'linf(8/255)'
    """
    parts = []
    for index, field in enumerate(dataclasses.fields(unit)):
        value = getattr(unit, field.name)
        if index < unit.positional:
            parts.append(_show_value(value, whole))
        elif whole or value != field.default:
            parts.append(f"{field.name}={_show_value(value, whole)}")
    return f"{unit.name()}({', '.join(parts)})" if parts else unit.name()


def _show_value(value: Any, whole: bool) -> str:
    if isinstance(value, Unit):
        text = show(value, whole=whole).replace(value.name(), value.name().replace("-", "_"), 1)
        return text if text.endswith(")") else text + "()"
    if isinstance(value, tuple):
        return "(" + ", ".join(_show_value(item, whole) for item in value) + ("," if len(value) == 1 else "") + ")"
    return show_float(value) if isinstance(value, float) else repr(value)


def walk(unit: Unit) -> Iterator[Unit]:
    """Yield a unit and every unit nested in its fields."""
    yield unit
    for field in dataclasses.fields(unit):
        value = getattr(unit, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Unit):
                yield from walk(item)
