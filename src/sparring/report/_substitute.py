"""The page of a substitute: what a victim's labels alone gave away, and what that cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from sparring.report import _threat as threat
from sparring.report import _words as words
from sparring.report._blocks import Block, Figure, Figures, Gallery, Page, Section, Table, Text
from sparring.report._facts import closing, need
from sparring.report._pictures import Picture
from sparring.report._shots import PICTURES, attacked

Result = Mapping[str, Any]


def story(result: Result, pictures: Sequence[Picture] = ()) -> Page:
    """Return a substitution as a page: the share of images lost, by which attack, and how the queries were spent."""
    need(result, "a substitute", "n", "attacks", "misclassified", "of_right", "queries")
    cards = tuple(attacked(picture) for picture in pictures)
    explained = threat.meaning(result)
    sections = (
        Section("Attack by attack", (_attacks(result),)),
        Section("Pictures", (Gallery(cards, f"{PICTURES} {SURE}"),) if cards else ()),
        Section("How the queries were spent", _rounds(result)),
        Section("How alike they are", (_agreement(result),) if result.get("agreement") else ()),
        Section("What the attacker may do", (Text(explained),) if explained else ()),
        *closing(result),
    )
    return Page(
        kicker="sparring · substitute",
        title=f"A copy of {(result.get('spec') or {}).get('model') or 'a classifier'}",
        subtitle=" · ".join(str(part) for part in (result.get("threat"), result.get("date")) if part),
        verdict=verdict(result),
        remark=REMARK,
        warnings=tuple(str(line) for line in result.get("warnings") or ()),
        lead=(_headline(result),),
        sections=tuple(section for section in sections if section.blocks),
    )


SURE = "Only labels came back from the victim, so every answer of its reads as sure."
REMARK = (
    "Of the victim nothing was used but the labels it was asked for. The images were made on the copy: the victim saw "
    "each of them once, to be counted, and no image that it was asked about before is among them."
)


def verdict(result: Result) -> str:
    """Return what the labels gave away in one plain sentence."""
    return (
        f"With {words.count(result.get('asked'))} labels bought from the victim, a copy of it made images of which the "
        f"victim gets {words.percent(result['misclassified']['share'])} wrong, without being asked about any."
    )


def _headline(result: Result) -> Figures:
    clean, right = result.get("clean") or {}, result["of_right"]
    limit = result["queries"].get("max_queries")
    items = [
        Figure(
            "Misclassified, of all",
            words.percent(result["misclassified"]["share"]),
            f"of {words.plural(result['n'], 'image')}; {words.level(result)} interval "
            f"{words.interval(result['misclassified']['interval'])}",
        ),
        Figure(
            "Misclassified, of correct",
            words.percent(right["share"]),
            f"of the {words.count(right['of'])} it had right before; {words.interval(right['interval'])}",
        ),
        Figure("Labels bought", words.count(result.get("asked")), f"at most {words.count(limit)} were allowed"),
    ]
    if clean.get("share") is not None:
        items.append(Figure("Right before", words.percent(clean["share"]), "without any attack"))
    return Figures(tuple(items))


def _attacks(result: Result) -> Table:
    rows = tuple(
        (
            Markup("<b>{}</b>{}").format(str(row["attack"]).partition("(")[0], row["source"]),
            *(
                Markup("<b>{}</b>{}").format(words.percent(row[key]["share"]), words.interval(row[key]["interval"]))
                for key in ("misclassified", "of_right", "of_broken")
            ),
            words.percent(row["on_substitute"]["share"]),
        )
        for row in result["attacks"]
    )
    columns = ("Attack, made on", "Of all", "Of correct", "Of what fooled the copy", "The copy itself")
    caption = (
        "The share of images that the victim gets wrong: of all images; of those it had right before; and of those "
        "that it and the copy had right and the copy has wrong now. The first row is the protocol of Papernot et al.; "
        f"in full, the attacks are {' and '.join(str(row['attack']) for row in result['attacks'])}."
    )
    return Table("Attacks", columns, rows, frozenset(columns[1:]), caption)


def _rounds(result: Result) -> tuple[Block, ...]:
    rows = [("own images", "", words.count(result.get("seed_images")), "")]
    rows += [
        (
            str(record["round"]),
            words.count(record["new"]),
            words.count(record["labels"]),
            words.percent(record["kept_label"]),
        )
        for record in result.get("rounds") or ()
    ]
    columns = ("Round", "New labels", "Labels in all", "Same label as before the step")
    caption = (
        "In each round a copy is trained on all labels so far, images take a step along its slope, and the victim is "
        "asked about them. A step that changes the victim's label tells most."
    )
    return (Table("Rounds", columns, tuple(rows), frozenset(columns[1:]), caption),)


def _agreement(result: Result) -> Table:
    rows = tuple(
        (row["net"], words.percent(row["share"]), words.interval(row["interval"])) for row in result["agreement"]
    )
    columns = ("Copy", "Says what the victim says", "Interval")
    caption = f"On the {words.plural(result['n'], 'image')} that were attacked, as they are."
    return Table("Agreement", columns, rows, frozenset(columns[1:]), caption)
