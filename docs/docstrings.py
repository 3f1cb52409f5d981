"""Put into pages, as they are built, what the code says of itself. Nothing is kept in two places.

    ::: PACKAGE             every name in its `__all__`, with signature and docstring
    ::: MODULE NAME...      these names
    ::: units KIND          every unit of a kind
    ::: command NAME...     the help of a command

mkdocs calls `on_page_markdown` for every page (`hooks` in mkdocs.yml).
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from pathlib import Path
from typing import Any

from sparring.registry import units

DIRECTIVE = re.compile(r"^::: *(.+?) *$", re.MULTILINE)
LABEL = re.compile(
    r"^(\*\*Differs\*\*|Args|Cost|Differs|Fields|Raises|Returns|Shapes|Source|Warns|Class attributes|Methods)(?=[:\s])"
)


def on_config(config: Any) -> Any:
    """Give every page that `sparring bench` wrote a place in the navigation; mkdocs calls this."""
    pages = sorted(path.name for path in Path(__file__).parent.glob("bench-*.md"))
    if pages:
        config.nav.append({"Benchmarks": [{page[6:-3].replace("-", " ").capitalize(): page} for page in pages]})
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with its directives written out; mkdocs calls this."""
    return DIRECTIVE.sub(lambda match: write_out(match[1]), markdown)


def write_out(what: str) -> str:
    """Return Markdown for one directive."""
    first, *rest = what.split()
    if first == "units":
        return "\n\n".join(_entry(cls, name, members=False) for name, cls in units(rest[0]).items())
    if first == "command":
        return f"```text\n{_help(rest)}\n```\n"
    package = importlib.import_module(first)
    entries = [_entry(getattr(package, name), f"{first}.{name}") for name in rest or own_names(first)]
    return "\n\n".join([_markdown(package.__doc__ or ""), *entries])


def own_names(package: str) -> list[str]:
    """Return what is public in a package, less what is a name of `sparring` itself."""
    import sparring

    module = importlib.import_module(package)
    return [n for n in module.__all__ if module is sparring or getattr(sparring, n, None) is not getattr(module, n)]


def _help(words: list[str]) -> str:
    """Return what `sparring WORDS --help` prints, 76 columns wide."""
    from typer.main import get_command

    from sparring.cli import _app

    _app._find_commands()
    command: Any = get_command(_app.app)
    for word in words:
        command = command.commands[word]
    context = command.make_context(" ".join(["sparring", *words]), [], resilient_parsing=True, terminal_width=76)
    return str(command.get_help(context)).strip()


def packages() -> list[str]:
    """Return every package that says what is public in it."""
    import pkgutil

    import sparring

    found = [f"sparring.{info.name}" for info in pkgutil.iter_modules(sparring.__path__) if info.name[0] != "_"]
    return ["sparring", *(name for name in found if getattr(importlib.import_module(name), "__all__", None))]


def _entry(thing: Any, title: str, *, members: bool = True) -> str:
    heading = f"### `{title}`"
    if not callable(thing) or not inspect.getdoc(thing):
        return f"{heading}\n\n`{thing!r}`"
    parts = [heading, f"```python\n{_signature(thing, title)}\n```", _markdown(inspect.getdoc(thing) or "")]
    if inspect.isclass(thing) and members:
        parts += [_member(name, value) for name, value in vars(thing).items() if not name.startswith("_")]
    return "\n\n".join(part for part in parts if part)


def _signature(thing: Any, title: str) -> str:
    """Return the call as one would write it, one argument a line when it is long."""
    name = title.rsplit(".", 1)[-1]
    if inspect.isclass(thing) and dataclasses.is_dataclass(thing):
        shown = [_argument(f.name, f.type, f.default, dataclasses.MISSING) for f in dataclasses.fields(thing) if f.init]
    else:
        try:
            parameters = inspect.signature(thing).parameters.values()
        except (TypeError, ValueError):
            return name
        shown, starred = [], False
        for each in parameters:
            if each.kind is each.KEYWORD_ONLY and not starred:
                shown, starred = [*shown, "*"], True
            shown.append(_argument(each.name, each.annotation, each.default, inspect.Parameter.empty))
    line = f"{name}({', '.join(shown)})"
    return line if len(line) <= 90 else f"{name}(\n    " + ",\n    ".join(shown) + ",\n)"


def _argument(name: str, annotation: Any, default: Any, none: Any) -> str:
    kind = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    kind = "" if annotation is inspect.Parameter.empty else f": {kind}"
    return f"{name}{kind}" + ("" if default is none else f" = {default!r}")


def _member(name: str, value: Any) -> str:
    """Return one line for a public property or method that has a docstring of its own."""
    function = value.fget if isinstance(value, property) else inspect.unwrap(getattr(value, "__func__", value))
    doc = inspect.getdoc(function) if inspect.isfunction(function) else None
    if not doc:
        return ""
    call = name if isinstance(value, property) else f"{name}{inspect.signature(function)}"
    call = re.sub(r"\((self|cls)(, )?|'", lambda match: "(" if match[1] else "", call)
    return f"- `{call}`: {_escape(doc.splitlines()[0])}"


def _markdown(doc: str) -> str:
    """Return a docstring as Markdown: doctests fenced, each labelled part a paragraph, indented entries a list."""
    out: list[str] = []
    fenced = False
    for line in re.sub(r"\s(?=\*\*Differs\*\*)", "\n", doc).splitlines():
        if line.startswith(">>>") and not fenced:
            out, fenced = [*out, "", "```pycon"], True
        if fenced:
            if not line.strip():
                out, fenced = [*out, "```", ""], False
            else:
                out.append(line)
            continue
        if LABEL.match(line):
            label = LABEL.match(line)[0]  # type: ignore[index]
            out += ["", f"**{label.strip('*')}**{_escape(line[len(label) :])}"]
        elif entry := re.match(r"^    (?! )(.+)$", line):
            out += ["", f"- {_escape(entry[1])}"]
        elif line.startswith("     "):
            out.append("  " + _escape(line.strip()))
        else:
            out.append(_escape(line))
    return "\n".join([*out, "```"] if fenced else out)


def _escape(line: str) -> str:
    """Return a line in which only backticks mean something."""
    pieces = line.split("`")
    pieces[::2] = [re.sub(r"([*_<\[\]])", r"\\\1", piece) for piece in pieces[::2]]
    return "`".join(pieces)
