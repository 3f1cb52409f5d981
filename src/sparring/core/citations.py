"""The papers behind a unit, as BibTeX: each unit names its keys, `references.bib` holds the entries."""

from __future__ import annotations

import functools
import re
from importlib import resources

from sparring.errors import InputError
from sparring.registry import Unit, walk


@functools.cache
def references() -> dict[str, str]:
    """Return every BibTeX entry by key."""
    text = resources.files("sparring").joinpath("references.bib").read_text()
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=@)", text.strip()):
        match = re.match(r"@\w+\{([^,]+),", entry)
        if match is None or match[1] in found:
            raise RuntimeError(f"references.bib: an entry without a key, or twice: {entry[:60]!r}")
        found[match[1]] = entry.strip()
    return found


def cite(unit: Unit) -> str:
    """Return the BibTeX entries of a unit and of the units inside it, each once.

    >>> from sparring.registry import parse
    >>> cite(parse("pgd")).splitlines()[0]
    '@inproceedings{madry2018,'
    """
    keys = dict.fromkeys(key for each in walk(unit) for key in each.cites)
    if not keys:
        raise InputError(f"expected a unit with a source, got {unit}, which names no paper")
    return "\n\n".join(references()[key] for key in keys)
