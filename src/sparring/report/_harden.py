"""The page of a hardening: before and after side by side, what a careless look would have said, how it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparring.report import _threat as threat
from sparring.report import _words as words
from sparring.report._blocks import Block, Figure, Figures, Page, Part, Plot, Section, Split, Table, Text
from sparring.report._facts import closing, need
from sparring.report._svg import Chart, Line
from sparring.report._verdict import doubtful

Result = Mapping[str, Any]
FLATTERS = 0.1
"""By how much a careless figure may lie above the audit's before the page warns of it."""


def story(result: Result) -> Page:
    """Return a hardening as a page: what it bought and cost, in figures on data that it has not seen."""
    need(result, "a hardening", "defense", "spec", "threat")
    spec = result["spec"]
    return Page(
        kicker="sparring · hardening",
        title=f"{spec.get('model', 'A classifier')}, hardened by {result['defense']}",
        subtitle=" · ".join(str(p) for p in (spec.get("data"), result["threat"], result.get("date")) if p),
        verdict=verdict(result),
        remark=remark(result),
        warnings=tuple(warnings_of(result)),
        lead=_lead(result),
        sections=tuple(
            section
            for section in (
                Section("Before and after", _table(result)),
                Section("What a careless look would have said", _careless(result)),
                Section("What the attacker may do", (Text(threat.meaning(result)),) if threat.meaning(result) else ()),
                Section("The training", _training(result)),
                *closing(result),
            )
            if section.blocks
        ),
    )


def verdict(result: Result) -> str:
    """Return what hardening has done in one plain sentence."""
    after, before = result.get("after"), result.get("before")
    if after is None:
        held = result.get("held_out") or {}
        return f"Trained; not audited. On held-out data {words.percent(held.get('robust'))} stood a short attack."
    now = f"{words.percent(after['robust_accuracy'])} of {words.plural(after['n'], 'test image')}"
    clean = words.percent(after["clean_accuracy"])
    if before is None:
        return f"Under attack {now} stay right, and {clean} are right when nobody attacks."
    gain = after["robust_accuracy"] - before["robust_accuracy"]
    low, high = after["interval"]
    if low <= before["robust_accuracy"] <= high:
        return (
            f"This defense has bought nothing that can be told from chance: under attack {now} stay right, as before."
        )
    word = "instead of" if gain > 0 else "fewer than the"
    return (
        f"Under attack {now} stay right, {word} {words.percent(before['robust_accuracy'])}; when nobody attacks, "
        f"{clean} instead of {words.percent(before['clean_accuracy'])}."
    )


def remark(result: Result) -> str:
    """Return what the paper claims and what became of it, where the defense says so."""
    told = [f"{head}: {result[key]}." for key, head in (("claimed", "Claimed"), ("broken", "Since then"))
            if result.get(key)]  # fmt: skip
    return " ".join(told)


def warnings_of(result: Result) -> list[str]:
    """Return what makes the figures less than they seem."""
    told = []
    leak = result.get("one_step") or {}
    if leak.get("leaks"):
        told.append(
            f"Held-out accuracy under one step, {words.percent(leak['stepped'])}, is above the clean "
            f"{words.percent(leak['clean'])}: the net reads its label off the perturbation (T7). Train "
            "with more steps, a random start, or labels='predicted'."
        )
    after = result.get("after")
    if after is not None:
        for text, share in (result.get("careless") or {}).items():
            if share - after["robust_accuracy"] > FLATTERS:
                told.append(
                    f"Under {text} alone {words.percent(share)} stand, under the audit "
                    f"{words.percent(after['robust_accuracy'])}: the first figure is no robustness. The defense makes "
                    "that attack fail, not all attacks."
                )
        if doubtful(after):
            told.append("The audit's own figure is suspect: see its report.")
    return told


def _lead(result: Result) -> tuple[Block, ...]:
    after, before = result.get("after"), result.get("before")
    if after is None:
        return ()
    n, right = after["n"], round(after["clean_accuracy"] * after["n"])
    standing = min(right, round(after["robust_accuracy"] * n))
    figures = [Figure("Robust accuracy", words.percent(after["robust_accuracy"]), _between(after))]
    if before is not None:
        figures.insert(0, Figure("Robust before", words.percent(before["robust_accuracy"]), _between(before)))
    figures.append(Figure("Clean accuracy", words.percent(after["clean_accuracy"]), "right when nobody attacks"))
    parts = (
        Part("right, even under attack", standing, "stand"),
        Part("right, until attacked", right - standing, "fall"),
        Part("wrong from the start", n - right, "miss"),
    )
    return Figures(tuple(figures)), Split(f"What becomes of the {words.plural(n, 'image')} now", parts)


def _between(audit: Result) -> str:
    return f"{words.level(audit)} interval {words.interval(audit.get('interval'))}"


def _table(result: Result) -> tuple[Block, ...]:
    audits = [(name, result[name]) for name in ("before", "after") if result.get(name)]
    if not audits:
        return ()
    rows = tuple(
        (
            name.capitalize(),
            words.percent(each["clean_accuracy"]),
            words.percent(each["robust_accuracy"]),
            words.interval(each["interval"]),
            str((each.get("verdict") or {}).get("verdict", "not asked")),
        )
        for name, each in audits
    )
    columns = ("", "Clean", "Robust", "Interval", "Is the figure real?")
    caption = (
        f"The same {words.plural(audits[0][1]['n'], 'sample')} of {audits[0][1]['spec']['data']}, protocol "
        f"{audits[0][1].get('protocol', 'of one’s own')}. Before: "
        + ("the same net, trained plainly for as long." if not result["spec"].get("start") else "the model as it came.")
    )
    return (Table("Two audits", columns, rows, frozenset(columns[1:4]), caption),)


def _careless(result: Result) -> tuple[Block, ...]:
    after, careless = result.get("after"), result.get("careless")
    if after is None or not careless:
        return ()
    rows = tuple((text, words.percent(share)) for text, share in careless.items())
    rows += (("the audit", words.percent(after["robust_accuracy"])),)
    caption = "One attack run once, on the same samples. What lies far above the audit is an attack that fails."
    return (Table("Left standing", ("By", "Stand"), rows, frozenset({"Stand"}), caption),)


def _training(result: Result) -> tuple[Block, ...]:
    history = result.get("history") or []
    blocks: list[Block] = []
    if len(history) > 1:
        lines = tuple(
            Line(name, tuple((float(r["images"]), float(r[key])) for r in history))
            for key, name in (("clean", "clean"), ("robust", "under a short attack"))
        )
        chart = Chart(
            "Held-out accuracy on the way",
            "Clean and robust accuracy on held-out samples against images trained on.",
            "images trained on", "held-out accuracy", lines, percent=True,
        )  # fmt: skip
        best = (result.get("held_out") or {}).get("round")
        blocks.append(Plot(chart, f"The weights of round {best} were kept: they stood best on samples held out."))
    cost = f"{words.count(result.get('passes'))} forward and backward passes of one image"
    if result.get("seconds") is not None:
        cost += f"; {words.seconds(result['seconds'])} with all that the defense needs before"
    return (*blocks, Text(f"Cost of the training: {cost}."))
