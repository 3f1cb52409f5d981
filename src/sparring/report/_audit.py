"""The audit's page: the verdict first, then what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparring.report import _threat as threat
from sparring.report import _words as words
from sparring.report._blocks import (
    Block,
    Figure,
    Figures,
    Gallery,
    Page,
    Part,
    Section,
    Split,
    Terms,
    Text,
)
from sparring.report._evidence import attacks, classes, curve
from sparring.report._facts import closing, need
from sparring.report._guarded import guarded
from sparring.report._pictures import Picture
from sparring.report._shots import PICTURES, attacked
from sparring.report._verdict import doubtful, judged, real

Result = Mapping[str, Any]


def story(result: Result, pictures: Sequence[Picture]) -> Page:
    """Return an audit as a page; the demo sets the same story inside its own."""
    need(result, "an audit", "n", "clean_accuracy", "robust_accuracy")
    spec = result.get("spec") or {}
    about = [str(part) for part in (spec.get("data"), result.get("threat"), result.get("date")) if part]
    return Page(
        kicker="sparring · robustness audit",
        title=f"Audit of {spec.get('model', 'a classifier')}",
        subtitle=" · ".join(about),
        verdict=verdict(result),
        remark=remark(result),
        warnings=tuple(str(line) for line in result.get("warnings") or ()),
        lead=(*judged(result), *headline(result)),
        sections=tuple(section for section in _sections(result, pictures) if section.blocks),
    )


def verdict(result: Result) -> str:
    """Return the audit in one plain sentence."""
    clean, robust = result["clean_accuracy"], result["robust_accuracy"]
    start = f"Out of {words.plural(result['n'], 'image')} the model gets {words.percent(clean)} right"
    if not clean:
        return f"{start}: it is wrong before anyone attacks it, and there is nothing to measure."
    outcome = "brings it down to" if robust < clean else "does not bring it down: it stays at"
    bounds = ""
    if result.get("interval"):
        bounds = f" ({words.level(result)} interval {words.interval(result['interval'])})"
    doubt = ". This figure is suspect" if doubtful(result) else ""
    return f"{start}; {threat.attacker(result)} {outcome} {words.percent(robust)}{bounds}{doubt}."


def remark(result: Result) -> str:
    """Return how far the verdict can be trusted: an attack shows weakness, never strength."""
    right, standing = _right(result), round(result["robust_accuracy"] * result["n"])
    if not right:
        return ""
    if standing >= right:
        return (
            "None of the attacks tried found a single wrong answer. That is rare: before you call the model "
            "robust, read the warnings and the verdict, and make sure that the attacks can see its gradients."
        )
    return (
        f"Of the {words.count(right)} it had right, {words.count(right - standing)} could be turned into a "
        "wrong answer. A stronger attack could only turn more: read the figure as “at most”."
    )


def headline(result: Result) -> tuple[Block, ...]:
    """Return the three figures, and what became of every image."""
    n, right = result["n"], _right(result)
    standing = min(right, round(result["robust_accuracy"] * n))
    own = result.get("clean_interval")
    figures = Figures(
        (
            Figure(
                "Clean accuracy",
                words.percent(result["clean_accuracy"]),
                "right when nobody attacks"
                + (f" ({words.level(result)} interval {words.interval(own)})" if own else ""),
            ),
            Figure(
                "Robust accuracy",
                words.percent(result["robust_accuracy"]),
                "suspect, and probably too kind: see above"
                if doubtful(result)
                else "right whichever attack of this audit is tried",
                "doubt" if doubtful(result) else "",
            ),
            Figure(
                f"{words.level(result)} interval",
                words.interval(result.get("interval")),
                f"plausible for all images of this kind, judged by these {words.count(n)}",
            ),
        )
    )
    parts = (
        Part("right, even under attack", standing, "stand"),
        Part("right, until attacked", right - standing, "fall"),
        Part("wrong from the start", n - right, "miss"),
    )
    return figures, Split(f"What became of the {words.plural(n, 'image')}", parts)


def _sections(result: Result, pictures: Sequence[Picture]) -> list[Section]:
    explained = threat.meaning(result)
    shown: tuple[Block, ...] = ()
    if pictures:
        shown = (Gallery(tuple(attacked(picture) for picture in pictures), PICTURES),)
    glossary = GLOSSARY + (VERDICTS if result.get("verdict") else ())
    return [
        Section("What the guard adds", guarded(result)),
        Section("Is the figure real?", real(result)),
        Section("What the attacker may do", (Text(explained),) if explained else ()),
        Section("The more an attacker may change, the less holds", curve(result)),
        Section("Which attack broke what", attacks(result)),
        Section("Class by class", classes(result)),
        Section("Pictures", shown),
        Section("How to read this", (Terms(glossary),)),
        *closing(result),
    ]


GLOSSARY = (
    ("Accuracy", "The share of images that the model names correctly."),
    ("Attack", "A search for a small change to an image that makes the model name it wrongly."),
    ("ε (epsilon)", "The most an attacker may change. The larger it is, the stronger the attacker."),
    ("Robust accuracy", "The share of images still named correctly after every attack has had its try."),
    (
        "Interval",
        "Other images would give a slightly different figure: the range that is plausible for all of them.",
    ),
)

VERDICTS = (
    ("Sound", "Nothing that must not beat the audit did. The figure is still an upper bound on the truth."),
    ("Suspect", "Something did, or there was no gradient to follow: the model may be far less robust than it looks."),
)


def _right(result: Result) -> int:
    """How many images the model had right before any attack."""
    return round(float(result["clean_accuracy"]) * int(result["n"]))
