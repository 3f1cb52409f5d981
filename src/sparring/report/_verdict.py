"""Is the figure real: the verdict beside the headline, and the evidence that it rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from sparring.report import _words as words
from sparring.report._blocks import Block, Judged, Table, Terms, Text

Result = Mapping[str, Any]

TRIED = {
    "queries": (
        "Guessing from the answers alone",
        "A search that only asks the model and compares answers. It knows less than one that follows the gradient, so "
        "it must not do better.",
    ),
    "more_steps": (
        "The same search, 100 steps longer",
        "If patience alone breaks more images, the search had stopped too early.",
    ),
    "transfer": (
        "Images that fool another model",
        "Made against a small copy trained on the model’s answers. They must not do better than its own gradient.",
    ),
    "unbounded": (
        "No limit on the change",
        "An attacker who may replace the whole image must always win. Where the search does not, it is lost.",
    ),
    "stationarity": (
        "The slope where the search ended",
        "How much of the way up was left, as a share of the whole: near 0 the search had arrived. It tells how far a "
        "search came, and by itself raises no doubt.",
    ),
    "smaller": (
        "A half and a quarter of the change",
        "Whoever may change less cannot do better. Where they do, the search fails with the larger change.",
    ),
    "noise": (
        "Random noise",
        "Ten random images within the threat. A search that follows the gradient must beat blind chance.",
    ),
    "one_step": (
        "A single large step",
        "Many small steps must do at least as well as one large step.",
    ),
}
"""Each test of evidence for a reader who has never heard of a gradient: what was tried, and why it tells."""

SHOWS = {"gradient": "its gradient", "scores": "a score for each class", "decision": "its answer, without scores"}


def judged(result: Result) -> tuple[Judged, ...]:
    """Return the verdict as one word, what it means for the figure, why, and what to do next."""
    found = result.get("verdict")
    if not found:
        return ()
    evidence, reasons = found.get("evidence") or (), tuple(map(plain, found.get("reasons") or ()))
    figure = words.percent(result["robust_accuracy"])
    if found["verdict"] == "suspect" and blind(found) and not any(each["doubtful"] for each in evidence):
        meaning = (
            f"{figure} may be far too kind: no gradient showed the attack its way. Do not quote it as the model’s "
            "robustness."
        )
    elif found["verdict"] == "suspect":
        meaning = (
            f"There is evidence that {figure} is too kind. The true figure may be far lower: do not quote this one as "
            "the model’s robustness."
        )
    elif any(each["says"] not in reasons for each in evidence) or not evidence:
        meaning = f"{figure} is so low that it cannot be much too kind."
    else:
        meaning = f"No sign was found that {figure} is too kind. It is still “at most”: no attack can prove the rest."
        n = max(each["n"] for each in evidence)
        reasons = (
            f"None of {words.plural(len(evidence), 'test')} on {words.plural(n, 'image')} that stood "
            "raised a doubt; they are listed further down.",
        )
        if found.get("adapted"):
            reasons += ("The model misleads attacks as it is, and this audit went around that: see further down.",)
    return (Judged(str(found["verdict"]), meaning, reasons, tuple(map(plain, found.get("next") or ()))),)


def blind(found: Result) -> bool:
    """Say whether an audit had no gradient to follow."""
    return any("no gradient could be used" in str(reason) for reason in found.get("reasons") or ())


def plain(line: str) -> str:
    """Return a line without the numbers of the traps, which mean something to those who work on sparring only.

    >>> plain("it returns probabilities, whose gradients vanish (T3)")
    'it returns probabilities, whose gradients vanish'
    """
    return re.sub(r" \(T\d+\)", "", str(line))


def doubtful(result: Result) -> bool:
    """Say whether the figure is suspect."""
    return (result.get("verdict") or {}).get("verdict") == "suspect"


def real(result: Result) -> tuple[Block, ...]:
    """Return what was found in the model, what was done about it, and every test of evidence."""
    found = result.get("verdict")
    if not found:
        return ()
    blocks: list[Block] = [
        Text(
            "A figure from attacks can be too kind: an attack that fails finds a model robust that is not. So the "
            "model was looked into first, and what stood was then tried in ways that must not do better than the audit."
        ),
        Terms(_looked(found)),
    ]
    views = (found.get("examination") or {}).get("views")
    if views:
        rows = tuple((plain(name), words.count(score) if score >= 0 else "failed") for name, score in views.items())
        caption = (
            "A short attack was tried through each, with the allowed change and with four times as much. "
            "The audit took the one that fooled the model most."
        )
        columns = ("Way to get at a gradient", "Fooled")
        blocks.append(Table("Ways in", columns, rows, frozenset({"Fooled"}), caption, frozenset(columns[:1])))
    if found.get("evidence"):
        blocks.append(_table(found["evidence"], counts=result.get("protocol") != "custom"))
    else:
        blocks.append(Text("No image was left standing to test."))
    return tuple(blocks)


def _looked(found: Result) -> tuple[tuple[str, str], ...]:
    access = (found.get("examination") or {}).get("access")
    shown = [("The model shows", SHOWS.get(str(access), str(access)))] if access else []
    nothing = "nothing that would mislead an attack", "nothing: it was attacked as it is"
    if blind(found):
        nothing = "no gradient to follow", "attacked by queries alone: guesses, and what it answers to them"
    wrong = "; ".join(map(plain, found.get("findings") or ())) or nothing[0]
    done = "; ".join(map(plain, found.get("adapted") or ())) or nothing[1]
    return (*shown, ("Found in it", wrong), ("Done about it", done))


def _table(evidence: Any, *, counts: bool) -> Table:
    rows = []
    for each in sorted(evidence, key=lambda each: not each["doubtful"]):  # what raised a doubt comes first
        name, why = TRIED.get(each["name"], (each["name"], ""))
        if each.get("value") is None:
            why = str(each["says"])
        mark = "no" if each.get("value") is not None else words.NOTHING
        if each["doubtful"]:
            mark = Markup('<span class="doubt">yes</span>')
        rows.append((Markup('<b>{}</b><span class="why">{}</span>').format(name, why), _outcome(each), mark))
    columns = ("What was tried", "What came of it", "Doubt")
    n = max(each["n"] for each in evidence)
    caption = (
        f"On at most {words.plural(n, 'image')} that stood. One or two that fall raise no doubt: attacks differ. "
        + ("What fell here counts as fallen in the figure." if counts else "The figure counts the chosen attacks only.")
    )
    return Table("Evidence", columns, tuple(rows), caption=caption, prose=frozenset(columns[:1]))


def _outcome(each: Result) -> str:
    value = each.get("value")
    if value is None:
        return "not tried"
    if each["name"] == "unbounded":
        return f"{words.percent(value)} still stood"
    if each["name"] == "stationarity":
        return f"{value:.2f} of the way left"
    return f"broke {len(each['broken'])} of {each['n']}"
