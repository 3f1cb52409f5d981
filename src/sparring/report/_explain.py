"""The explanation's page: how nearly linear a model is along an attack, and why that is enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparring.report import _words as words
from sparring.report._blocks import Block, Figure, Figures, Page, Plot, Section, Table, Text
from sparring.report._facts import closing, need
from sparring.report._svg import Chart, Line
from sparring.report._svg import words as trend

Result = Mapping[str, Any]


def story(result: Result) -> Page:
    """Return an explanation as a page: its verdict, figures, charts and tables in the order given."""
    need(result, "an explanation", "verdict")
    charts = tuple(_plot(entry) for entry in result.get("charts") or ())
    tables: list[Block] = []
    for entry in result.get("tables") or ():
        tables += _table(entry)
    items = tuple(
        Figure(str(entry["label"]), _cell(entry.get("value")), str(entry.get("note", "")))
        for entry in result.get("figures") or ()
    )
    sections = (
        Section("The idea", tuple(Text(str(line)) for line in result.get("paragraphs") or ())),
        Section(str(result.get("charts_title") or "Along the direction of the attack"), charts),
        Section("In figures", tuple(tables)),
        *closing(result),
    )
    about = [str(part) for part in (result.get("model"), result.get("threat"), result.get("date")) if part]
    return Page(
        kicker=str(result.get("kicker") or "sparring · why it works"),
        title=str(result.get("title") or "How linear is the model?"),
        subtitle=" · ".join(about),
        verdict=str(result["verdict"]),
        warnings=tuple(str(line) for line in result.get("warnings") or ()),
        lead=(Figures(items),) if items else (),
        sections=tuple(section for section in sections if section.blocks),
    )


def _plot(entry: Mapping[str, Any]) -> Plot:
    lines = tuple(
        Line(str(line["name"]), tuple((float(x), float(y)) for x, y in line["points"])) for line in entry["lines"]
    )
    described = "; ".join(f"{line.name} {trend(line.points, percent=False)}" for line in lines)
    chart = Chart(
        str(entry.get("title", "Logits along the attack")),
        f"Lines: {described}.",
        str(entry.get("x_title", "ε")),
        str(entry.get("y_title", "logit")),
        lines,
    )
    return Plot(chart, str(entry.get("caption", "")))


def _table(entry: Mapping[str, Any]) -> list[Block]:
    columns = tuple(str(name) for name in entry["columns"])
    raw = [tuple(row) for row in entry["rows"]]
    figures = {name for i, name in enumerate(columns) if i and all(_is_figure(row[i]) for row in raw)}
    rows = tuple(tuple(_cell(cell) for cell in row) for row in raw)
    return [
        Table(
            str(entry.get("title", "Figures")),
            columns,
            rows,
            frozenset(figures),
            str(entry.get("caption", "")),
        )
    ]


def _is_figure(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _cell(value: Any) -> str:
    """Return a table's entry: whole numbers whole, measured ones to four figures, text as it stands."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return words.count(value)
    if isinstance(value, float) or value is None:
        return words.number(value)
    return str(value)
