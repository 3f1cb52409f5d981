"""The attack's page: what one attack did to the images it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparring.report import _threat as threat
from sparring.report import _words as words
from sparring.report._blocks import Block, Figure, Figures, Gallery, Page, Section, Table, Text
from sparring.report._facts import closing, need
from sparring.report._pictures import Picture
from sparring.report._shots import PICTURES, attacked, sure

Result = Mapping[str, Any]
ROWS = 100
"""How many samples the page lists; `result.json` has them all."""


def story(result: Result, pictures: Sequence[Picture]) -> Page:
    """Return an attack's result as a page."""
    need(result, "an attack", "attack", "n")
    about = [str(part) for part in (result.get("threat"), _target(result), result.get("date")) if part]
    explained = threat.meaning(result)
    sections = (
        Section(
            "Pictures",
            (Gallery(tuple(attacked(picture) for picture in pictures), PICTURES),) if pictures else (),
        ),
        Section("What the attacker may do", (Text(explained),) if explained else ()),
        Section("Image by image", samples(result)),
        *closing(result),
    )
    return Page(
        kicker="sparring · attack",
        title=f"{result['attack']} on {result.get('model') or 'a classifier'}",
        subtitle=" · ".join(about),
        verdict=verdict(result, pictures),
        remark=_eight_bit(result),
        warnings=tuple(str(line) for line in result.get("warnings") or ()),
        lead=(headline(result),),
        sections=tuple(section for section in sections if section.blocks),
    )


def verdict(result: Result, pictures: Sequence[Picture] = ()) -> str:
    """Return what the attack achieved in one plain sentence; a single image is called by its names."""
    who = threat.attacker(result)
    if result["n"] == 1 and len(pictures) == 1:
        (one,) = pictures
        before, after = (f"“{label}” ({sure(confidence)})" for label, confidence in (one.before, one.after))
        if one.before[0] == one.after[0]:
            return f"The model calls the image {before}; {who} could not change its answer."
        return f"The model calls the image {before}; {who} makes it say {after}."
    goal = f"say “{result['target']}”" if result.get("target") else "give a wrong answer"
    share = words.percent(result.get("success_rate"))
    return f"{who[0].upper()}{who[1:]} made the model {goal} on {share} of {words.plural(result['n'], 'image')}."


def headline(result: Result) -> Figures:
    """Return success by both counts (T50), the distance it took, and the cost."""
    right = result.get("n_correct")
    items = [
        Figure(
            "Success, of all",
            words.percent(result.get("success_rate")),
            f"of {words.plural(result['n'], 'image')}",
        )
    ]
    if right is not None:
        note = f"of the {words.plural(right, 'image')} it had right before"
        items.append(Figure("Success, of correct", words.percent(result.get("success_of_correct")), note))
    if result.get("median_distance") is not None:
        name = threat.NORMS.get(threat.norm(result), "the threat’s norm")
        note = f"in {name}, over the successes" + (f"; allowed: {threat.size(result)}" if threat.radius(result) else "")
        items.append(Figure("Median distance", words.number(result["median_distance"]), note))
    forwards, backwards = words.count(result.get("forwards")), words.count(result.get("backwards"))
    passes = f"{forwards} forward and {backwards} backward passes"
    items.append(Figure("Time", words.seconds(result.get("seconds")), passes))
    return Figures(tuple(items))


def samples(result: Result) -> tuple[Block, ...]:
    """Return the samples as a table, the first of a long list."""
    every = list(result.get("samples") or ())
    rows = tuple(
        (
            str(entry.get("file") or i),
            _label(entry.get("before")),
            _label(entry.get("after")),
            "yes" if entry.get("success") else "no",
            words.number(entry.get("distance")),
        )
        for i, entry in enumerate(every[:ROWS])
    )
    if not rows:
        return ()
    columns = ("Image", "Before", "After", "Success", "Distance")
    caption = f"The first {ROWS} of {words.count(len(every))}; result.json holds all." if len(every) > ROWS else ""
    return (Table("Images", columns, rows, frozenset({"Distance"}), caption),)


def _label(said: Any) -> str:
    """Return what a model said, whether stored as a label or as label and confidence."""
    if isinstance(said, (list, tuple)) and len(said) == 2:
        return f"{said[0]} ({words.percent(said[1])})"
    return words.NOTHING if said is None else str(said)


def _target(result: Result) -> str:
    return f"target: {result['target']}" if result.get("target") else "any wrong answer"


def _eight_bit(result: Result) -> str:
    if result.get("valid") != "8bit":
        return ""
    return "The attacked images are ordinary 8-bit pictures: success was counted after rounding to 256 levels."
