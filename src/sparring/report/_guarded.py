"""What a guard adds: its classifier alone, the guard against who does not know of it, and both against who does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from sparring.report import _words as words
from sparring.report._blocks import Block, Table, Terms, Text

Result = Mapping[str, Any]

ROWS = (
    ("classifier", "The classifier alone", "no guard at all, attacked as it is"),
    ("oblivious", "The guard, against those who do not know of it", "images made on the classifier alone"),
    (
        "joint",
        "Both, against those who do",
        "images made to fool classifier and guard at once: the figure of this page",
    ),
)


def guarded(result: Result) -> tuple[Block, ...]:
    """Return the three figures and what became of the images made without knowledge of the guard."""
    found = result.get("guard")
    if not found:
        return ()
    rows = tuple(
        (
            Markup('<b>{}</b><span class="why">{}</span>').format(name, meaning),
            words.percent(found[key]["share"]),
            words.interval(found[key]["interval"]),
        )
        for key, name, meaning in ROWS
        if found.get(key, {}).get("n")
    )
    columns = ("Who attacks what", "Right under attack", f"{words.level(result)} interval")
    blocks: list[Block] = []
    if rows:
        blocks.append(
            Text(
                "This model has a guard around its classifier. A guard is worth what it stops of an attacker who knows "
                "of it: whoever attacks can read this page too. What is refused counts as right only if it was "
                "attacked, and never if nobody touched it."
            )
        )
        blocks.append(Table("Guard", columns, rows, frozenset(columns[1:]), prose=frozenset(columns[:1])))
    return (*blocks, Terms(tuple(_facts(found, words.level(result)))))


def _facts(found: Result, level: str) -> list[tuple[str, str]]:
    """Return false alarms, and what the guard made of the images that fool the classifier alone."""
    alarms = found["false_alarms"]
    facts = [("False alarms", f"{_share(alarms, level)} of {words.plural(alarms['n'], 'clean image')} are refused")]
    fooled = found.get("refused", {}).get("n")
    if fooled:
        facts.append(
            (
                "Of images that fool the classifier alone",
                f"{_share(found['refused'], level)} of {words.count(fooled)} are refused, "
                f"{words.percent(found['answered_right']['share'])} answered right, "
                f"{words.percent(found['through']['share'])} fool the guarded model too",
            )
        )
    return facts


def _share(figure: Result, level: str) -> str:
    return f"{words.percent(figure['share'])} ({level} interval {words.interval(figure['interval'])})"
