"""What every report says about where its figures come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparring.errors import InputError
from sparring.report import _threat as threat
from sparring.report import _words as words
from sparring.report._blocks import Code, Section, Terms

NAMES = {
    "model": "Model",
    "model_checksum": "Model, SHA-256",
    "data": "Data",
    "data_checksum": "Data, SHA-256",
    "protocol": "Protocol",
    "versions": "Versions",
}


def need(result: Mapping[str, Any], what: str, *keys: str) -> None:
    """Raise InputError where a result lacks what its page cannot be drawn without."""
    missing = [key for key in keys if result.get(key) is None]
    if missing:
        raise InputError(
            f"expected the result of {what} with {', '.join(keys)}, got none of {', '.join(missing)}: "
            "pass the whole of its result.json"
        )


def closing(result: Mapping[str, Any]) -> tuple[Section, ...]:
    """Return the last sections of a page: how to repeat the run, and where its figures come from."""
    facts = provenance(result)
    return (
        Section("Repeat it", (Code(str(result["command"])),) if result.get("command") else ()),
        Section("Where these figures come from", (Terms(facts, exact=True),) if facts else ()),
    )


def provenance(result: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return name and value of all that is needed to repeat a run, ε as written and as a figure (T13)."""
    spec = dict(result.get("spec") or {})
    eps = threat.radius(result)
    facts: dict[str, Any] = {NAMES.get(key, key.replace("_", " ").capitalize()): spec.get(key) for key in NAMES}
    facts["Model"] = facts["Model"] or result.get("model")
    facts["Threat"] = result.get("threat")
    facts["ε"] = None if eps is None else f"{threat.size(result)} = {eps:.6g}"
    facts["Seed"] = result.get("seed", spec.get("seed"))
    facts |= {key.replace("_", " ").capitalize(): spec[key] for key in spec if key not in (*NAMES, "seed", "threat")}
    facts["Queries"] = result.get("queries")
    facts["Date"] = result.get("date")
    facts["Machine"] = result.get("machine")
    facts["Time taken"] = None if result.get("seconds") is None else words.seconds(result["seconds"])
    return tuple((name, _flat(value)) for name, value in facts.items() if value not in (None, "", {}, []))


def _flat(value: Any) -> str:
    """Return a value of a spec on one line."""
    if isinstance(value, Mapping):
        return " · ".join(f"{key} {_flat(entry)}" for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_flat(entry) for entry in value)
    return str(value)
