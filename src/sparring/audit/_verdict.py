"""From the evidence to one word: is the figure sound, or suspect, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparring.audit._examine import Examination

NOTHING_LEFT = 0.02
"""Robust accuracy at which a figure cannot be much too kind any more, whatever the evidence."""

NEXT = {
    "queries": "audit with queries as well: --protocol thorough, or --attack 'square(queries=20000)'",
    "more_steps": "spend more steps: --protocol thorough",
    "transfer": "look for a step in the model that hides its gradient, and attack without it",
    "unbounded": "look for a step in the model that hides its gradient, and attack without it",
    "smaller": "spend more steps: --protocol thorough",
    "noise": "look for a step in the model that hides its gradient, and attack without it",
    "one_step": "look for a step in the model that hides its gradient, and attack without it",
    "no_gradient": "audit the network itself, in torch, if you have it: queries alone find less than gradients",
}
"""What to do next, by what raised the doubt."""


def verdict(
    robust: float, examination: Examination | None, evidence: Sequence[dict[str, Any]], *, standing: int
) -> dict[str, Any]:
    """Return the verdict with its reasons, what to run next, and what was found and done.

    Sound: nothing weaker than the search beat it, or hardly anything is left standing. Suspect: something did, or
    there was no gradient to search by. A sound figure is still an upper bound, as every figure from attacks is.
    """
    doubts = [each for each in evidence if each["doubtful"]]
    reasons = [each["says"] for each in doubts]
    causes = [each["name"] for each in doubts]
    if examination is not None and examination.victim is None:
        reasons.append("no gradient could be used: the figure rests on queries alone, which find less")
        causes.append("no_gradient")
    if robust <= NOTHING_LEFT:
        word = "sound"
        reasons = [
            "nothing was left standing" if standing == 0 else "next to nothing was left standing",
            *(f"although {each}" for each in reasons),
        ]
        causes = []
    elif reasons:
        word = "suspect"
    else:
        word, reasons = "sound", [each["says"] for each in evidence]
    return {
        "verdict": word,
        "reasons": reasons,
        "next": list(dict.fromkeys(NEXT[cause] for cause in causes)),
        "findings": list(examination.findings) if examination else [],
        "adapted": list(examination.adapted) if examination else [],
        "examination": dict(examination.facts) if examination else {},
        "evidence": list(evidence),
    }
