"""The scorecard as text for a terminal."""

from __future__ import annotations

import itertools
import math

from sparring.bench._scorecard import Score, Scorecard

HEAD = ("rank", "attack", "by", "optimality", "median distance", "found", "passes", "seconds")
TIE = 0.002
"""Optimality within which two attacks share a rank."""


def scorecard_table(card: Scorecard, what: str, n: int) -> str:
    """Return one ranked table a norm, each under a line that says which envelope it is measured by."""
    parts = []
    for norm, scores in itertools.groupby(card.scores, key=lambda score: score.norm):
        source = (
            "the stored envelope"
            if norm in card.fixed
            else "the best of this very run (no envelope is stored): what all of them miss does not show"
        )
        lines = list(scores)
        table = [HEAD, *(_cells(score, rank) for score, rank in zip(lines, _ranks(lines), strict=True))]
        widths = [max(len(row[column]) for row in table if row[4] or column < 3) for column in range(len(HEAD))]
        rows = [
            "  ".join(
                cell.ljust(width) if 0 < column < 3 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in table
        ]
        parts.append(f"{norm}, {what}, {n} samples; measured by {source}\n" + "\n".join(rows))
    return "\n\n".join(parts)


def _ranks(scores: list[Score]) -> list[str]:
    """Return places: those within TIE of the first of a place share it."""
    ranks: list[str] = []
    lead, place = math.inf, 0
    for index, score in enumerate(scores):
        if score.optimality is None:
            ranks.append("")
            continue
        if lead - score.optimality > TIE:
            lead, place = score.optimality, index + 1
        ranks.append(str(place))
    return ranks


def _cells(score: Score, rank: str) -> tuple[str, ...]:
    if score.optimality is None or score.median is None or score.found is None:
        return rank, score.attack, score.by, score.note or "nothing found by anyone", "", "", "", ""
    return (
        rank,
        score.attack,
        score.by,
        f"{score.optimality:.4f}",
        f"{score.median:.4g}" if math.isfinite(score.median) else "∞",
        f"{100 * score.found:.0f} %",
        f"{score.passes:.0f}",
        f"{score.seconds:.1f}",
    )
