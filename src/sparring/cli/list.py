"""`sparring list`: every unit there is, by kind."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Annotated, Any

import typer

from sparring.cli._app import app
from sparring.errors import InputError, did_you_mean
from sparring.registry import PACKAGES, Unit, show, units


@app.command("list")
def list_(
    kind: Annotated[
        str | None, typer.Argument(help="A kind, such as attack, model, defense or loss; all without it.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="A table for documents.")] = False,
) -> None:
    """List what can be named in commands and in Python, with its fields."""
    if kind is not None:
        kind = _singular(kind)
    for position, each in enumerate([kind] if kind else list(PACKAGES)):
        if position:
            print()
        rows = [(name, _fields(cls), _summary(cls)) for name, cls in units(each).items()]
        print(_markdown(each, rows) if markdown else _plain(each, rows))


def _singular(kind: str) -> str:
    """Return the kind that a word names, itself or several of it."""
    irregular = {"losses": "loss", "penalties": "penalty"}
    for each in (kind, irregular.get(kind, ""), kind.removesuffix("s")):
        if each in PACKAGES:
            return each
    raise InputError(f"expected a kind of unit, got {kind!r}{did_you_mean(kind, PACKAGES)}")


def _summary(cls: type[Unit]) -> str:
    return (inspect.getdoc(cls) or "").splitlines()[0].rstrip(".:")


def _fields(cls: type[Unit]) -> str:
    shown = []
    for field in dataclasses.fields(cls):
        value: Any = field.default
        units_ = isinstance(value, tuple) and value and isinstance(value[0], Unit)
        text = show(value) if isinstance(value, Unit) else f"({', '.join(map(str, value))})" if units_ else repr(value)
        shown.append(f"{field.name}={text}")
    return ", ".join(shown)


def _plain(kind: str, rows: list[tuple[str, str, str]]) -> str:
    width = max((len(name) for name, _, _ in rows), default=0)
    lines = [f"{kind}:"]
    for name, fields, summary in rows:
        lines.append(f"  {name:<{width}}  {summary}")
        if fields:
            lines.append(f"  {'':<{width}}  ({fields})")
    return "\n".join(lines)


def _markdown(kind: str, rows: list[tuple[str, str, str]]) -> str:
    lines = [f"| {kind} | what it does | fields |", "|---|---|---|"]
    for name, fields, summary in rows:
        cells = (f"`{name}`", summary, f"`{fields}`" if fields else "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
