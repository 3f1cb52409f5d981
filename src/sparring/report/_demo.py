"""The demo's page: what an adversarial example is, what noise can be made into, and an audit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from sparring.report import _attack, _audit
from sparring.report import _words as words
from sparring.report._blocks import Block, Code, Gallery, Page, Plot, Section, Text
from sparring.report._pictures import Forged, Picture
from sparring.report._shots import PICTURES, attacked, forged
from sparring.report._svg import Chart, Line
from sparring.report._svg import words as trend

Result = Mapping[str, Any]


def story(
    cat: Result,
    cats: Sequence[Picture],
    noise: Sequence[Forged],
    audit: Result,
    pictures: Sequence[Picture],
    *,
    seconds: float | None,
    command: str,
) -> Page:
    """Return the three parts of the demo as one page."""
    held = _audit.story(audit, pictures)
    parts = [Section("1 · A cat becomes an iguana", _cat(cat, cats))]
    if noise:
        parts.append(Section("2 · An iguana out of noise", _noise(noise)))
    opening = (
        Text("A small classifier was trained just now, then audited. What the audit found:"),
        Text(held.verdict, "strong"),
        Text(held.remark, "quiet"),
        *(Text(f"Note: {line}", "quiet") for line in held.warnings),
        *held.lead,
    )
    parts.append(Section(f"{len(parts) + 1} · {held.title}", tuple(b for b in opening if not _empty(b))))
    parts += [dataclasses.replace(section, level=3) for section in held.sections]
    if command:
        parts.append(Section("Run the demo again", (Code(command),)))
    return Page(
        kicker="sparring · demo",
        title="A classifier can be made to see what is not there",
        subtitle=f"All of it computed on this machine in {words.seconds(seconds)}" if seconds is not None else "",
        verdict=(
            "Image classifiers can be led to a wrong answer, and a confident one, by changes too small for a "
            "person to care about. These experiments show it; the last one measures it."
        ),
        sections=tuple(parts),
    )


def _cat(result: Result, pictures: Sequence[Picture]) -> tuple[Block, ...]:
    blocks: list[Block] = [Text(_attack.verdict(result, pictures), "strong")]
    if pictures:
        blocks.append(Gallery(tuple(attacked(picture) for picture in pictures), PICTURES))
    if result.get("command"):
        blocks.append(Code(str(result["command"])))
    return tuple(blocks)


def _noise(noise: Sequence[Forged]) -> tuple[Block, ...]:
    blocks: list[Block] = [
        Text(
            "Nothing has to be there at all. Starting from random noise, each step changes the pixels a "
            "little in the direction that raises the model’s confidence in one class, whatever a person "
            "may see in it."
        ),
    ]
    for made in noise:
        blocks.append(Gallery((forged(made),)))
        if len(made.curve) > 1:
            points = tuple((float(step), share) for step, share in enumerate(made.curve))
            chart = Chart(
                f"Confidence in “{made.after[0]}”, step by step",
                f"Confidence goes {trend(points, percent=True)}.",
                "steps taken",
                "confidence",
                (Line("confidence", points),),
                percent=True,
            )
            blocks.append(Plot(chart))
    return tuple(blocks)


def _empty(block: Block) -> bool:
    return isinstance(block, Text) and not block.words
