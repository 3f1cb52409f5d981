"""Page → one HTML file that asks nothing of the network and runs no script."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from sparring.core.runs import write_atomic
from sparring.report._blocks import Page


@functools.cache
def _template() -> tuple[Template, Markup]:
    loader = PackageLoader("sparring.report", ".")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style, _, _ = loader.get_source(environment, "style.css")
    return environment.get_template("template.html.j2"), Markup(style)


def render(page: Page) -> str:
    """Return the page as HTML; every text in it is escaped."""
    template, style = _template()
    return template.render(page=page, style=style).lstrip()


def write_report(path: str | Path, html: str) -> Path:
    """Write a page for its reader, whole or not at all, and return where it lies.

    Raises OSError where the folder cannot be written. Cost: no passes.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_report(Path(folder) / "report.html", "<!doctype html>").name
    'report.html'
    """
    return write_atomic(path, html)
