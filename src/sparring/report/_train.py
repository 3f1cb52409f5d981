"""The page of a GAN's training: alarms first, then how samples came along, then what the players thought."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from sparring.report import _words as words
from sparring.report._blocks import Block, Figure, Figures, Gallery, Page, Plot, Section, Table, Text
from sparring.report._facts import closing, need
from sparring.report._shots import LARGE, Card, Shot
from sparring.report._svg import Chart, Line, Mark

Result = Mapping[str, Any]
SHOWN = 4
"""Pictures of the same codes: the first, the last, and some between."""
FILMED = (
    "Above, how real the discriminator holds each number to be, one half where it cannot tell; in the middle the "
    "densities of data and generator, which moves to where that curve rises; below, where the generator takes codes."
)
REBUILT = (
    "Images that the figure is told of, and right of each what the generator makes of the code that the encoder gives "
    "it: where they differ, either net may be at fault. `sparring invert` goes on from there."
)
MEANING = {
    "collapse": "Samples are alike where real images are not: the generator has settled on a few.",
    "vanishing": "The discriminator is right everywhere, and says nothing that the generator could learn from.",
    "idle": "The discriminator cannot tell: the equilibrium, or one that is too weak to notice anything.",
    "divergence": "A gradient far longer than it had been: the training has come apart.",
    "apart": "The average of the weights, which samples come from, makes other images than the weights do.",
}


def story(result: Result, grids: Sequence[Path] = (), film: Path | None = None, rebuilt: Path | None = None) -> Page:
    """Return a training as a page; `grids` are the pictures of the same codes, in order, `film` a GIF of the game.

    `rebuilt` is a picture of held-out images beside what the generator makes of their codes.
    """
    need(result, "a training", "spec", "images", "alarms", "looks")
    spec = result["spec"]
    return Page(
        kicker="sparring · training",
        title=f"A GAN on {spec['data']}",
        subtitle=" · ".join(str(p) for p in (f"seed {spec['seed']}", result.get("date")) if p),
        verdict=verdict(result),
        warnings=tuple(f"{alarm['kind'].capitalize()}: {alarm['evidence']}." for alarm in result["alarms"]),
        lead=_lead(result),
        sections=tuple(
            section
            for section in (
                Section("Samples of the same codes", _samples(grids)),
                Section("The game, move by move", _film(film)),
                Section("Images by way of their codes", _rebuilt(rebuilt)),
                Section("Alarms", _alarms(result)),
                Section("Against held-out images", _judged(result)),
                Section("Rollbacks", _rollbacks(result)),
                Section("How alike samples are", _looks(result)),
                Section("What the players thought", _losses(result)),
                Section("The configuration", (Text(spec["gan"]),)),
                *closing(result),
            )
            if section.blocks
        ),
    )


def verdict(result: Result) -> str:
    """Return in one sentence how the training went."""
    seen = f"{words.count(result['images'])} images"
    kinds = list(dict.fromkeys(alarm["kind"] for alarm in result["alarms"]))
    turns = len(result.get("rollbacks") or ())
    if result.get("stopped_by") == "rollbacks":
        return f"It went wrong again after each of {words.plural(turns - 1, 'rollback')}, and ended after {seen}."
    back = f", after {words.plural(turns, 'rollback')}" if turns else ""
    if not kinds:
        flat = ": it had stopped improving" if result.get("stopped_by") == "flat" else ""
        return f"Trained on {seen} without an alarm{back}{flat}." if not turns else f"Trained on {seen}{back}{flat}."
    begun = "Stopped" if result.get("stopped_by", result.get("stopped")) in ("alarm", True) else "Trained"
    return f"{begun} after {seen} with {words.plural(len(kinds), 'kind')} of alarm: {', '.join(kinds)}{back}."


def _lead(result: Result) -> tuple[Block, ...]:
    if not result["looks"]:
        return ()
    last = result["looks"][-1]
    rate = result["images"] / max(result.get("seconds") or 0, 1e-9)
    figures = (
        *_headline(result),
        Figure("Spread", f"{last['spread']:.2f}", "how far samples are apart; real images are at 1"),
        Figure("Twins", words.percent(last["copies"]), "samples that have a near copy among 256"),
        Figure("Speed", f"{rate:,.0f}", "images a second"),
    )
    return (Figures(figures),)


def _headline(result: Result) -> tuple[Figure, ...]:
    figure = result.get("figure")
    if not figure:
        return ()
    ends = "" if figure["interval"] is None else " to ".join(map(words.number, figure["interval"])) + ", "
    note = f"{ends}{'held-out' if figure['held_out'] else 'training'} images; lower is better"
    return (Figure(figure["label"], words.number(figure["value"]), note, "" if figure["held_out"] else "doubt"),)


def _judged(result: Result) -> tuple[Block, ...]:
    """Return the figure of each look, with the generator that is kept and where the run went back, and what is kept."""
    figure, kept = result.get("figure"), result.get("kept") or []
    looks = [record for record in result["looks"] if "figure" in record]
    if not figure or not kept or not looks:
        return ()
    label, best = figure["label"], kept[0]
    line = Line("select half", tuple((float(record["images"]), float(record["figure"])) for record in looks))
    chart = Chart(
        label, f"{label} of samples by the select half, by images trained on.", "images trained on", label, (line,),
        Mark(float(best["images"]), "chosen", float(best["figure"])),
        marks=tuple(Mark(float(t["to_images"]), f"rollback {t['number']}") for t in result.get("rollbacks") or ()),
    )  # fmt: skip
    caption = f"Samples against the {result['chosen_by']}. The figure above is of the other half and of other codes."
    rows = tuple(
        (f"{each['images']:,}", words.number(each["figure"]), words.number(each["noise"]), each.get("file", ""))
        for each in kept
    )
    columns = ("After images", label, "Noise", "File")
    table = Table("Kept", columns, rows, frozenset(columns[:3]), "The best looks; noise is one standard deviation.")
    return (*((Plot(chart, caption),) if len(looks) > 1 else ()), table)


def _rollbacks(result: Result) -> tuple[Block, ...]:
    rows = tuple(
        (str(turn["number"]), f"{turn['images']:,}", f"{turn['to_images']:,}", f"{turn['why'].capitalize()}.")
        for turn in result.get("rollbacks") or ()
    )
    if not rows:
        return ()
    columns = ("Number", "After images", "Back to", "Why")
    caption = "From each on, learning rates are half of what they were and random numbers are others."
    return (Table("", columns, rows, frozenset(columns[:3]), caption, frozenset({"Why"})),)


def _samples(grids: Sequence[Path]) -> tuple[Block, ...]:
    if not grids:
        return ()
    steps = sorted({round(i * (len(grids) - 1) / max(1, SHOWN - 1)) for i in range(SHOWN)})
    cards = tuple(_card(grids[i]) for i in steps)
    return (Gallery(cards, "Each place shows what became of one code; the codes are the same in all pictures."),)


def _film(path: Path | None) -> tuple[Block, ...]:
    if path is None:
        return ()
    data = path.read_bytes()
    width, height = Image.open(io.BytesIO(data)).size
    src = "data:image/gif;base64," + base64.b64encode(data).decode()
    alt = "film of the training: the curve of the discriminator above the densities of data and generator"
    return (Gallery((Card("", (Shot(src, alt, width, height, False, "the whole training", ""),)),), FILMED),)


def _rebuilt(path: Path | None) -> tuple[Block, ...]:
    if path is None:
        return ()
    return (Gallery((_shown(path, "the best generator", "images, each with its reconstruction"),), REBUILT),)


def _card(path: Path) -> Card:
    label = f"after {int(path.stem):,} images"
    return _shown(path, label, f"samples {label}")


def _shown(path: Path, label: str, alt: str) -> Card:
    data = path.read_bytes()
    width, height = Image.open(io.BytesIO(data)).size
    scale = LARGE / max(width, height)
    src = "data:image/png;base64," + base64.b64encode(data).decode()
    return Card("", (Shot(src, alt, round(width * scale), round(height * scale), scale > 1, label, ""),))


def _alarms(result: Result) -> tuple[Block, ...]:
    rows = tuple(
        (alarm["kind"], f"{alarm['images']:,}", f"{alarm['evidence'].capitalize()}. {MEANING[alarm['kind']]}")
        for alarm in result["alarms"]
    )
    if not rows:
        return ()
    return (Table("", ("Alarm", "After images", "Evidence"), rows, frozenset({"After images"}), "",
                  frozenset({"Evidence"})),)  # fmt: skip


def _looks(result: Result) -> tuple[Block, ...]:
    names = {"spread": "spread of samples", "copies": "share of twins", "apart": "average against weights"}
    lines = tuple(
        Line(name, tuple((float(r["images"]), float(r[key])) for r in result["looks"] if key in r))
        for key, name in names.items()
        if any(key in r for r in result["looks"])
    )
    caption = "Distances between 256 samples of the same codes, as shares of those between 256 real images."
    return _plot("Samples against real images", "share of real", lines, caption)


def _losses(result: Result) -> tuple[Block, ...]:
    told = result.get("losses") or []
    blocks: list[Block] = []
    for title, keys, caption in (
        ("Scores", {"real": "real images", "fake": "generated images"}, "Higher is more real."),
        ("Losses", {"discriminator_loss": "discriminator", "generator_loss": "generator"}, ""),
        ("Share that the discriminator gets right", {"accuracy": "accuracy"}, "One half: it cannot tell."),
    ):
        lines = tuple(
            Line(name, tuple((float(r["images"]), float(r[key])) for r in told if key in r))
            for key, name in keys.items()
        )
        blocks += _plot(title, title.lower(), tuple(line for line in lines if line.points), caption)
    return tuple(blocks)


def _plot(title: str, y_title: str, lines: tuple[Line, ...], caption: str) -> tuple[Block, ...]:
    if not lines or len(lines[0].points) < 2:
        return ()
    chart = Chart(title, f"{title} against images trained on.", "images trained on", y_title, lines)
    return (Plot(chart, caption),)
