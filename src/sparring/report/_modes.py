"""The page of `sparring bench modes`: tables, and where samples lie, still and moving."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from sparring.errors import InputError
from sparring.report._blocks import Block, Gallery, Page, Section, Table, Text
from sparring.report._facts import closing
from sparring.report._shots import Card, Shot

SIDE, ACROSS = 224, 3


def story(result: Mapping[str, Any], pictures: Mapping[str, Sequence[tuple[str, bytes]]]) -> Page:
    """Return the page: one section a problem."""
    if not result.get("problems"):
        raise InputError("expected the result of `sparring bench modes`, got one without problems")
    sections = [_section(problem, pictures.get(problem["name"], ())) for problem in result["problems"]]
    return Page(
        kicker="mode collapse", title="Which modes samples reach",
        subtitle=", ".join(problem["name"] for problem in result["problems"]), verdict=_verdict(result["problems"]),
        sections=(*sections, *closing(result)),
    )  # fmt: skip


def _verdict(problems: Sequence[Mapping[str, Any]]) -> str:
    words = []
    for problem in problems:
        own = [
            each for each in problem["records"] if each["figures"] and not each["failed"] and each["name"] != "truth"
        ]
        whole = [
            record["name"] for record in own if all(each["captured"] == problem["modes"] for each in record["figures"])
        ]
        listed = ", ".join(whole) or "no method"
        words.append(f"All {problem['modes']:,} modes of {problem['name']} with every seed: {listed}.")
    return " ".join(words)


def _section(problem: Mapping[str, Any], pictures: Sequence[tuple[str, bytes]]) -> Section:
    columns = tuple(problem["columns"])
    blocks: list[Block] = [
        Text(problem["intro"]),
        Table(
            "", columns, tuple(tuple(row) for row in problem["rows"]), figures=frozenset(columns[1:-1]),
            caption="Spread is that of the truth times so much: below 1, samples are too much alike.",
        ),
    ]  # fmt: skip
    if pictures:
        caption = f"Samples of the first seed, those of a GAN as they came along in training: {problem['pictured']}."
        shots = [_shot(name, content) for name, content in pictures]
        rows = [tuple(shots[i : i + ACROSS]) for i in range(0, len(shots), ACROSS)]
        blocks.append(Gallery(tuple(Card("", row) for row in rows), caption))
    return Section(problem["name"], tuple(blocks))


def _shot(name: str, content: bytes) -> Shot:
    kind = "gif" if content[:3] == b"GIF" else "png"
    source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return Shot(source, f"samples of {name}", SIDE, SIDE, False, name, "")
