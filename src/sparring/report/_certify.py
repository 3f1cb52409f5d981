"""The page of a certification: how many images are right under any change up to a radius, with proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparring.report import _words as words
from sparring.report._blocks import Figure, Figures, Page, Part, Plot, Section, Split, Table, Text
from sparring.report._facts import closing, need
from sparring.report._svg import Chart, Line
from sparring.report._svg import words as trend

Result = Mapping[str, Any]


def story(result: Result) -> Page:
    """Return a certification as a page: the verdict, the curve, the table, and what a proof means."""
    need(result, "a certification", "n", "sigma", "draws", "alpha", "certified", "curve")
    spec = result.get("spec") or {}
    about = [str(part) for part in (spec.get("data"), f"σ = {result['sigma']:g}", result.get("date")) if part]
    sections = (
        Section("Accuracy that is proven", (_plot(result), _table(result))),
        Section("What a proof is", tuple(Text(line) for line in _meaning(result))),
        *closing(result),
    )
    return Page(
        kicker="sparring · certificates",
        title=str(spec.get("model") or "A smoothed classifier"),
        subtitle=" · ".join(about),
        verdict=verdict(result),
        remark=REMARK,
        lead=(_headline(result), _split(result)),
        sections=tuple(section for section in sections if section.blocks),
    )


REMARK = (
    "A proof holds against every attack, known or not, inside its radius in L2; it says nothing about larger changes "
    "or other kinds of them. It is about the smoothed classifier, the vote of very many noisy copies, not about the "
    "net."
)


def verdict(result: Result) -> str:
    """Return the certification in one plain sentence: the largest stated radius that still holds for some."""
    rows = [row for row in result["certified"] if row["count"]]
    if not rows:
        return f"Nothing is proven for any of the {words.plural(result['n'], 'image')}."
    nonzero = [row for row in rows if row["radius"] > 0]
    row = nonzero[(len(nonzero) - 1) // 2] if nonzero else rows[0]
    return (
        f"{words.percent(row['accuracy'])} of {words.plural(result['n'], 'image')} are right and stay right under any "
        f"change closer than {row['radius']:g} in L2, with proof."
    )


def _headline(result: Result) -> Figures:
    level = words.level(result)
    return Figures(
        (
            Figure(
                "Accuracy of the vote",
                words.percent(result["smoothed_accuracy"]),
                f"{level} interval {words.interval(result['smoothed_interval'])}",
            ),
            Figure("Accuracy of the net", words.percent(result["plain_accuracy"]), "on the images without noise"),
            Figure("Abstained", words.percent(result["abstained"]), "no class is proven: counted as wrong"),
            Figure("Median radius", words.number(result["median_radius"]), "of the images with a proof, in L2"),
        )
    )


def _split(result: Result) -> Split:
    n, proven = result["n"], _at_zero(result)
    abstained = round(result["abstained"] * n)
    parts = (
        Part("right, with proof", proven, "stand"),
        Part("wrong, with proof", n - proven - abstained, "fall"),
        Part("abstained", abstained, "miss"),
    )
    return Split(f"What became of the {words.plural(n, 'image')}", parts)


def _at_zero(result: Result) -> int:
    first = result["curve"]["points"][0]
    return round(first[1] * result["n"]) if first[0] == 0 else int(result["certified"][0]["count"])


def _plot(result: Result) -> Plot:
    points = tuple((float(radius), float(share)) for radius, share in result["curve"]["points"])
    chart = Chart(
        "Certified accuracy against the radius",
        f"Certified accuracy {trend(points, percent=True)}.",
        "radius in L2",
        "certified accuracy",
        (Line("certified accuracy", points),),
        percent=True,
    )
    return Plot(
        chart,
        f"The share of images that are right at every distance up to the radius. It ends at {result['reach']:.3g}: "
        f"even if all of {words.count(result['draws'])} copies agree, no more can be proven; more reach further.",
    )


def _table(result: Result) -> Table:
    rows = tuple(
        (
            f"{row['radius']:g}",
            words.count(row["count"]),
            words.percent(row["accuracy"]),
            words.interval(row["interval"]),
        )
        for row in result["certified"]
    )
    columns = ("Radius", "Images", "Certified accuracy", f"{words.level(result)} interval")
    caption = (
        f"Of {words.plural(result['n'], 'image')}; the interval is Clopper and Pearson's, over the draw of images."
    )
    return Table("At some radii", columns, rows, frozenset(columns), caption)


def _meaning(result: Result) -> tuple[str, ...]:
    sigma, alpha, n = result["sigma"], result["alpha"], result["n"]
    return (
        f"Every image is shown to the net in {words.count(result['draws'])} copies with Gaussian noise of "
        f"σ = {sigma:g}. If a share p of all possible copies gets the same class, then no change shorter than "
        "σ Φ⁻¹(p) can bring another class to the majority: this is geometry, whatever the net is.",
        f"The share is bounded from below by counting, so each proof is wrong with a chance of at most {alpha:g}: of "
        f"{words.plural(n, 'image')}, {alpha * n:.3g} on average. The class is guessed on other copies than those that "
        "prove it.",
        f"{words.percent(result['at_reach'])} of the images had every copy right: their radius is limited by the "
        "number of copies, not by the net.",
    )
