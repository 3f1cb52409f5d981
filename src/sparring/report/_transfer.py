"""The page of a transfer matrix: who fools whom, as a table shaded by how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from sparring.report import _threat as threat
from sparring.report import _words as words
from sparring.report._blocks import Figure, Figures, Gallery, Page, Section, Table, Terms, Text
from sparring.report._facts import closing, need
from sparring.report._pictures import Picture
from sparring.report._shots import PICTURES, attacked

Result = Mapping[str, Any]


def story(result: Result, pictures: Sequence[Picture] = ()) -> Page:
    """Return a matrix as a page: how well images carry over, each pair, and what the figures count."""
    need(result, "a transfer", "n", "models", "rows", "attack")
    count = len(result["models"])
    cards = tuple(attacked(picture) for picture in pictures)
    sections = (
        Section("Who fools whom", (matrix(result, "of_right"),)),
        Section("Counting only what fooled its source", (matrix(result, "of_broken"),)),
        Section("Pictures", (Gallery(cards, PICTURES),) if cards else ()),
        Section("The models", (_models(result),)),
        Section("How to read it", (Terms(TERMS), *_allowed(result))),
        *closing(result),
    )
    return Page(
        kicker="sparring · transfer",
        title=f"{result['attack']} between {words.plural(count, 'model')}",
        subtitle=" · ".join(str(part) for part in (result.get("threat"), result.get("date")) if part),
        verdict=verdict(result),
        remark=REMARK,
        warnings=tuple(str(line) for line in result.get("warnings") or ()),
        lead=(_headline(result),),
        sections=tuple(section for section in sections if section.blocks),
    )


REMARK = (
    "An image was made on one model alone, and then shown to the others: no model was asked how it would answer. "
    "A stronger attack, or a source more like the target, could carry over better."
)
TERMS = (
    ("Row", "The source: the model whose gradients made the images."),
    ("Column", "The target: the model that was shown them."),
    ("Diagonal", "Source and target are one: an attacker who holds the model itself."),
    ("First table", "Of the images that the target had right before, the share it now has wrong."),
    ("Second table", "The same, only among images that the source had right before too, and has wrong now."),
    ("Left out", "What a model has wrong without any attack is no success of an attack, and counts nowhere."),
)


def verdict(result: Result) -> str:
    """Return how well images carry over, in one plain sentence."""
    white, others = _mean(result, white_box=True), _mean(result, white_box=False)
    return (
        f"Images made on one model fool another in {words.percent(others)} of the cases, on average over all pairs, "
        f"and their own model in {words.percent(white)}."
    )


def _cells(result: Result) -> list[tuple[str, Mapping[str, Any]]]:
    return [(row["source"], cell) for row in result["rows"] for cell in row["cells"]]


def _mean(result: Result, *, white_box: bool) -> float | None:
    """Return the mean share over pairs of single models, each pair counting once."""
    single = {model["name"] for model in result["models"]}
    shares = [
        cell["of_right"]["share"]
        for source, cell in _cells(result)
        if source in single and cell["white_box"] == white_box and cell["of_right"]["share"] is not None
    ]
    return sum(shares) / len(shares) if shares else None


def _headline(result: Result) -> Figures:
    pairs = [
        (cell["of_right"]["share"], source, cell["target"])
        for source, cell in _cells(result)
        if not cell["white_box"] and cell["of_right"]["share"] is not None
    ]
    items = [
        Figure("Fooled by another's images", words.percent(_mean(result, white_box=False)), "mean over pairs"),
        Figure("Fooled by its own", words.percent(_mean(result, white_box=True)), "mean over models"),
    ]
    for label, chosen in (("Easiest pair", max(pairs, default=None)), ("Hardest pair", min(pairs, default=None))):
        if chosen is not None:
            items.append(Figure(label, words.percent(chosen[0]), f"{chosen[1]} on {chosen[2]}"))
    return Figures(tuple(items))


def matrix(result: Result, which: str) -> Table:
    """Return one of both figures for every pair, shaded by its size."""
    targets = [model["name"] for model in result["models"]]
    rows = []
    for row in result["rows"]:
        found = {cell["target"]: cell for cell in row["cells"]}
        rows.append((row["source"], *(_shaded(found.get(target), which) for target in targets)))
    caption = f"Share fooled, the count it is of, and its {words.level(result)} interval. Framed: the white box."
    columns = ("Made on ↓  shown to →", *targets)
    return Table("Made on ↓, shown to →", columns, tuple(rows), frozenset(targets), caption)


def _shaded(cell: Mapping[str, Any] | None, which: str) -> str | Markup:
    if cell is None or cell[which]["share"] is None:
        return words.NOTHING
    share = cell[which]
    return Markup('<span class="heat{}" style="--share:{}"><b>{}</b> {} of {}<br>{}</span>').format(
        " own" if cell["white_box"] else "", round(share["share"], 3), words.percent(share["share"]),
        words.count(share["count"]), words.count(share["of"]), words.interval(share["interval"]),
    )  # fmt: skip


def _models(result: Result) -> Table:
    rows = tuple(
        (
            model["name"],
            model.get("access") or words.NOTHING,
            words.percent(model["clean"]["share"]),
            words.interval(model["clean"]["interval"]),
        )
        for model in result["models"]
    )
    columns = ("Model", "Shows", "Right before", "Interval")
    return Table("Models", columns, rows, frozenset(columns[2:]), f"Of {words.plural(result['n'], 'image')}.")


def _allowed(result: Result) -> tuple[Text, ...]:
    explained = threat.meaning(result)
    return (Text(explained),) if explained else ()
