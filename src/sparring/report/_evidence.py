"""What an audit's verdict rests on: the curve, the attacks, the classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparring.report import _threat as threat
from sparring.report import _words as words
from sparring.report._blocks import Block, Plot, Table
from sparring.report._svg import Chart, Line, Mark, share_bar
from sparring.report._svg import words as trend

Result = Mapping[str, Any]
WEAKEST = 20
"""How many classes a reader is shown of a long list."""

AXES = {
    "linf": "largest change per pixel, in steps of 1/255",
    "l2": "Euclidean distance allowed (L2)",
    "l1": "sum of changes allowed (L1)",
    "l0": "pixel values that may be repainted (L0)",
}


def curve(result: Result) -> tuple[Block, ...]:
    """Return accuracy against ε, with the audited ε marked where the two share a norm."""
    data = result.get("curve")
    if not data or not data.get("points"):
        return ()
    norm = str(data.get("norm"))
    unit = 255 if norm == "linf" else 1
    points = tuple((unit * float(x), float(y)) for x, y in data["points"])
    eps, mark = threat.radius(result), None
    caption = f"From {words.count(data['n'])} images" if data.get("n") else "From the images"
    caption += f" attacked with {data['attack']}" if data.get("attack") else ""
    caption += ": for each, the smallest change that fools the model was sought."
    if eps is not None and threat.norm(result) == norm:
        low, high = result.get("interval") or (None, None)
        mark = Mark(unit * eps, f"audited: {threat.size(result)}", result["robust_accuracy"], low, high)
        every = f"every attack on {words.plural(result['n'], 'image')}"
        caption += (
            f" The dot is the audit itself, {every}; its bar is the {words.level(result)} interval. "
            "It may lie off the line, which rests on other attacks and images."
        )
    chart = Chart(
        "Accuracy against the size of the change",
        f"Accuracy goes {trend(points, percent=True)}.",
        AXES.get(norm, "ε"),
        "images still right",
        (Line("accuracy", points),),
        mark,
        percent=True,
    )
    return (Plot(chart, caption),)


def attacks(result: Result) -> tuple[Block, ...]:
    """Return who broke what, and at what cost."""
    rows = tuple(
        (
            str(entry.get("text") or entry.get("name", "")),
            words.count(entry.get("samples")),
            words.count(entry.get("broke")),
            words.count(entry.get("left_standing")),
            words.count(entry.get("forwards")),
            words.count(entry.get("backwards")),
            words.seconds(entry.get("seconds")),
        )
        for entry in result.get("attacks") or ()
    )
    if not rows:
        return ()
    columns = (
        "Attack",
        "Images tried",
        "Broke",
        "Left standing",
        "Forward passes",
        "Backward passes",
        "Time",
    )
    caption = (
        "In the order they ran. The first attack gets the images that the model has right; each later one "
        "only those still standing, the harder ones. A pass is one image going through the model once."
    )
    return (Table("Attacks", columns, rows, frozenset(columns[1:]), caption + _fallen_later(result)),)


def _fallen_later(result: Result) -> str:
    """Say how many fell to the tests of evidence: the attacks' own count ends above the figure then."""
    left = result["attacks"][-1].get("left_standing")
    fell = 0 if left is None else left - round(result["robust_accuracy"] * result["n"])
    if fell <= 0:
        return ""
    return f" To the tests of evidence {words.plural(fell, 'more image')} fell, counted in the figure."


def classes(result: Result) -> tuple[Block, ...]:
    """Return the classes, weakest first; of a long list, the weakest."""
    every = [entry for entry in result.get("per_class") or () if entry.get("n")]
    every.sort(key=lambda entry: (entry.get("robust_accuracy") or 0.0, entry.get("clean_accuracy") or 0.0))
    rows = []
    for entry in every[:WEAKEST]:
        clean, robust = entry.get("clean_accuracy"), entry.get("robust_accuracy")
        said = f"{words.percent(robust)} right under attack, {words.percent(clean)} without"
        rows.append(
            (
                str(entry.get("class", "")),
                words.count(entry["n"]),
                words.percent(clean),
                words.percent(robust),
                share_bar(robust or 0.0, clean or 0.0, said),
                str(entry.get("mostly_becomes") or words.NOTHING),
            )
        )
    if not rows:
        return ()
    columns = ("Class", "Images", "Clean", "Robust", "Held", "Mostly becomes")
    caption = "Weakest class first. Pale: right without an attack; solid: right under attack."
    if len(every) > WEAKEST:
        caption += f" The {WEAKEST} weakest of {words.plural(len(every), 'class')} are shown; result.json holds all."
    return (Table("Classes", columns, tuple(rows), frozenset(columns[1:4]), caption),)
