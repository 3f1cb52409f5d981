"""The page of two audits side by side: which model is better, and on which samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparring.report import _words as words
from sparring.report._blocks import Figure, Figures, Page, Part, Section, Split, Table, Text
from sparring.report._facts import closing, need

Result = Mapping[str, Any]
SHOWN = 200
"""Changed samples a page lists; compare.json holds all."""


def story(result: Result) -> Page:
    """Return a comparison as a page: the verdict, the table it rests on, the samples that changed."""
    need(result, "a comparison", "n", "robust", "clean", "changed", "spec")
    models = result["spec"].get("model") or ["the first model", "the second"]
    return Page(
        kicker="sparring · two audits compared",
        title=f"{models[0]} and {models[1]}",
        subtitle=" · ".join(str(part) for part in (result["spec"].get("data"), result.get("date")) if part),
        verdict=verdict(result),
        remark=REMARK,
        warnings=tuple(str(line) for line in result.get("warnings") or ()),
        lead=(_headline(result), _split(result)),
        sections=(
            Section("What the verdict rests on", (_table(result),)),
            Section("Samples that changed", _changed(result)),
            *(section for section in closing(result) if section.blocks),
        ),
    )


def verdict(result: Result) -> str:
    """Return the comparison in one plain sentence; a difference within chance is called that."""
    robust, n = result["robust"], words.plural(result["n"], "sample")
    both = f"{words.percent(robust['first'])} and {words.percent(robust['second'])} of the same {n}"
    low, high = robust["interval"]
    if low <= 0 <= high:
        return f"The two cannot be told apart: {both} stand under attack, a difference that chance explains."
    better = "second" if robust["difference"] > 0 else "first"
    return f"The {better} run is better: {both} stand under attack (difference {points(robust)})."


def points(paired: Result) -> str:
    """Return the difference with its interval, in percentage points."""
    return f"{100 * paired['difference']:+.1f} points, {_between(paired)}"


def _between(paired: Result) -> str:
    low, high = paired["interval"]
    return f"{100 * low:+.1f} to {100 * high:+.1f}"


REMARK = (
    "Both runs saw the same samples, so only those that stand in one run alone tell them apart. As in every audit, "
    "a stronger attack could lower either figure."
)


def _headline(result: Result) -> Figures:
    robust = result["robust"]
    left = sum(result.get("left_out") or (0, 0))
    note = f"{words.level(result)} interval {words.interval(robust['first_interval'])}"
    other = f"{words.level(result)} interval {words.interval(robust['second_interval'])}"
    return Figures(
        (
            Figure("Robust accuracy, first", words.percent(robust["first"]), note),
            Figure("Robust accuracy, second", words.percent(robust["second"]), other),
            Figure("Second less first", f"{100 * robust['difference']:+.1f}", f"points, {_between(robust)}"),
            Figure("Samples in both", words.count(result["n"]), f"{words.count(left)} in one run only, left out"),
        )
    )


def _split(result: Result) -> Split:
    robust = result["robust"]
    parts = (
        Part("stand in both", robust["both"], "stand"),
        Part("stand in one only", robust["only_first"] + robust["only_second"], "fall"),
        Part("stand in neither", robust["neither"], "miss"),
    )
    return Split(f"What became of the {words.plural(result['n'], 'sample')}", parts)


def _table(result: Result) -> Table:
    rows = tuple(
        (
            name,
            *(words.count(result[key][part]) for part in ("both", "only_first", "only_second", "neither")),
            f"{100 * result[key]['difference']:+.1f} ({_between(result[key])})",
            p_value(result[key]["p_value"]),
        )
        for key, name in (("clean", "Right as it is"), ("robust", "Right under attack"))
    )
    columns = ("", "Both", "First only", "Second only", "Neither", "Second less first", "p")
    caption = (
        "The difference is in points, with Tango's interval for paired shares. p is McNemar's, exact: how often chance "
        "alone would divide the samples that changed as unevenly, if neither run were better."
    )
    return Table("Counts of samples", columns, rows, frozenset(columns[1:]), caption)


def p_value(p: float) -> str:
    """Return a p-value to two figures, and a tiny one as smaller than what anyone should quote.

    >>> p_value(0.0213), p_value(1e-9)
    ('0.021', '< 0.0001')
    """
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"


def _changed(result: Result) -> tuple[Table | Text, ...]:
    changed = result["changed"]
    if not changed:
        return (Text("None: every sample stands in both runs or in neither."),)
    rows = tuple((str(row["index"]), str(row["label"]), row["first"], row["second"]) for row in changed[:SHOWN])
    caption = "Each sample that stands in one run only, and what became of it in the other."
    if len(changed) > SHOWN:
        caption += f" The first {SHOWN} of {words.count(len(changed))}; compare.json holds all."
    columns = ("Sample", "Label", "In the first run", "In the second run")
    return (Table("Changed", columns, rows, frozenset(columns[:2]), caption),)
