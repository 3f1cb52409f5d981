"""The page of an evaluation: figures of samples between those of real images and of noise, and copies to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from sparring.report import _words as words
from sparring.report._blocks import Block, Figure, Figures, Gallery, Page, Section, Table, Terms, Text
from sparring.report._facts import closing, need
from sparring.report._shots import Card, Shot, data_uri, shot

Result = Mapping[str, Any]
COLUMNS, LINES, WIDE = 8, 3, 640
"""Samples in the report's grid, and how wide it is at most, in CSS pixels."""
MEANING = {
    "fid": "How far the features of samples are from real ones, both taken for Gaussians. Lower is better; it falls as "
    "the number of images grows, so compare at one number only.",
    "fid_infinity": "The same with endlessly many samples, by a line through smaller numbers.",
    "kid": "How far apart both sets are under a kernel. Lower is better; 0 on average for samples as good as real "
    "images.",
    "precision": "The share of samples that lie among real images.",
    "recall": "The share of real images that lie among samples: low when the generator makes few kinds.",
    "density": "In how many neighborhoods of real images a sample lies, near 1 for real ones.",
    "coverage": "The share of neighborhoods of real images that hold a sample: low when kinds are missing.",
    "inception_score": "How sure a classifier is of each sample and how many classes it sees in all. It looks at no "
    "real image: compare with the truth.",
    "authenticity": "The share of samples that are not nearer to a training image than other training images are. "
    "Compare with the truth: lower means copies.",
    "neighbors": "How far samples are from the nearest training image, in units of how far those are from each other. "
    "Compare with the truth: 0 for copies.",
    "duplicates": "The share of samples that look like another sample. Compare with the truth.",
    "copies": "The share of samples that look like a training image. Compare with the truth.",
}
"""Each figure for a reader who meets it for the first time."""
REMARK = (
    "A figure says something only beside the others in its row: the truth is what real images get at the same number, "
    "noise is as bad as it gets, and a memorizer shows which figures a mere copier would win."
)


def story(result: Result, samples: Tensor | None, pairs: Sequence[tuple[Tensor, Tensor, float]]) -> Page:
    """Return an evaluation as a page; images are uint8 levels, (c, h, w) each, others are not shown."""
    need(result, "an evaluation", "n", "tables", "spec")
    spec = result["spec"]
    about = (f"against {spec['data']}", f"{words.count(result['n'])} images a row", result.get("date"))
    names = [figure["name"] for table in result["tables"] for figure in table["rows"][0]["figures"]]
    terms = tuple((name, MEANING[name]) for name in dict.fromkeys(names) if name in MEANING)
    sections = (
        *(Section(f"By {table['features']}", (_table(table),)) for table in result["tables"]),
        Section("What they mean", (Terms(terms),) if terms else ()),
        Section("Samples", _grid(samples)),
        Section("Nearest to training images", _pairs(pairs)),
        Section("How they were made", (_made(result),)),
        *closing(result),
    )
    return Page(
        kicker="sparring · evaluation",
        title=str(spec.get("samples") or "Samples"),
        subtitle=" · ".join(str(part) for part in about if part),
        verdict=verdict(result),
        remark=REMARK,
        warnings=tuple(f"{note[0].upper()}{note[1:]}." for note in result.get("notes") or ()),
        lead=(_headline(result),),
        sections=tuple(section for section in sections if section.blocks),
    )


def verdict(result: Result) -> str:
    """Return in one plain sentence where the first figure lies between the truth and noise."""
    table = result["tables"][0]
    own, truth, noise = (_first(table, row) for row in ("samples", "truth", "noise"))
    figure = f"{own['label']} is {_value(own)}"
    ends = f" (95 % interval {_ends(own)})" if own["interval"] else ""
    return f"{figure}{ends}; real images get {_value(truth)}, and noise {_value(noise)}.{_copies(result)}"


def _copies(result: Result) -> str:
    """Return a sentence where samples are nearer to training images than real ones are, beyond both intervals."""
    for table in result["tables"]:
        for place, own in enumerate(_row(table, "samples")["figures"]):
            truth = _row(table, "truth")["figures"][place]
            if own["name"] == "copies" and own["interval"][0] > truth["interval"][1]:
                return f" {_value(own)} look like a training image, of real images {_value(truth)}: it may copy."
            if own["name"] == "authenticity" and own["interval"][1] < truth["interval"][0]:
                return (
                    f" Only {_value(own)} are no copy of a training image, of real images {_value(truth)}: it may copy."
                )
    return ""


def _first(table: Result, row: str) -> Result:
    figure: Result = _row(table, row)["figures"][0]
    return figure


def _row(table: Result, name: str) -> Result:
    found: Result = next(row for row in table["rows"] if row["name"] == name)
    return found


def _value(figure: Result, value: float | None = None) -> str:
    value = figure["value"] if value is None else value
    return words.percent(value) if figure["unit"] == "share" else words.number(value)


def _ends(figure: Result) -> str:
    if not figure["interval"]:
        return words.NOTHING
    if figure["unit"] == "share":
        return words.interval(figure["interval"])
    return " to ".join(f"{end:.3g}" for end in figure["interval"])


def _headline(result: Result) -> Figures:
    wanted = ("fid", "precision", "recall", "copies")
    items: list[Figure] = []
    for table in result["tables"]:
        for place, figure in enumerate(_row(table, "samples")["figures"]):
            if figure["name"] in wanted and figure["name"] not in [item.label.partition("[")[0] for item in items]:
                truth = _row(table, "truth")["figures"][place]
                items.append(Figure(figure["label"], _value(figure), f"real images get {_value(truth)}"))
    first = _first(result["tables"][0], "samples")
    return Figures(tuple(items) or (Figure(first["label"], _value(first), "of the samples"),))


def _table(table: Result) -> Table:
    samples, others = _row(table, "samples"), [row for row in table["rows"] if row["name"] != "samples"]
    rows = tuple(
        (figure["name"], _value(figure), _ends(figure), *(_value(row["figures"][place]) for row in others))
        for place, figure in enumerate(samples["figures"])
    )
    columns = ("Figure", "Samples", "95 % interval", *(row["name"].capitalize() for row in others))
    caption = "; ".join(f"{row['name']}: {row['is']}" for row in others)
    return Table(
        f"By {table['features']}", columns, rows, frozenset(columns[1:]), f"{caption[0].upper()}{caption[1:]}."
    )


def _grid(samples: Tensor | None) -> tuple[Block, ...]:
    if samples is None or samples.ndim != 4:
        return ()
    count = min(COLUMNS * LINES, len(samples))
    places = [round(place * (len(samples) - 1) / max(1, count - 1)) for place in range(count)]
    rows = [torch.cat(list(samples[places[at : at + COLUMNS]]), 2) for at in range(0, count - count % COLUMNS, COLUMNS)]
    grid = torch.cat(rows or [torch.cat(list(samples[places]), 2)], 1) / 255
    height, width = grid.shape[1:]
    zoom = max(1, WIDE // width) if width <= WIDE else WIDE / width
    label = f"{grid.shape[1] // samples.shape[2] * grid.shape[2] // samples.shape[3]} samples"
    picture = Shot(data_uri(grid), label, round(width * zoom), round(height * zoom), zoom > 1, "", "")
    return (Gallery((Card("", (picture,)),), "Taken evenly from all, none chosen."),)


def _pairs(pairs: Sequence[tuple[Tensor, Tensor, float]]) -> tuple[Block, ...]:
    cards = tuple(
        Card("", (
            shot(sample / 255, "a sample", "sample", f"at {distance:.2f}"),
            shot(image / 255, "the nearest training image", "training image", ""),
        ))
        for sample, image, distance in pairs if sample.ndim == 3
    )  # fmt: skip
    if not cards:
        return ()
    text = (
        "The samples that come nearest to a training image, and that image. Distances are in features, in units of how "
        "far training images are from each other: pairs that look the same are copies."
    )
    return (Text(text), Gallery(cards))


def _made(result: Result) -> Table:
    rows = []
    for table in result["tables"]:
        for figure in _row(table, "samples")["figures"]:
            mark = figure["fingerprint"] or {}
            weights = str(mark.get("checksum", ""))[:16] or words.NOTHING
            rows.append((figure["label"], figure["method"], str(mark.get("resize", "")), weights))
    columns = ("Figure", "Interval", "Resize", "Weights")
    return Table("Intervals, sizes and weights", columns, tuple(rows), prose=frozenset(columns[1:3]))
