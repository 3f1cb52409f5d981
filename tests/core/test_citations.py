"""BibTeX of what a unit uses: each paper once, and a clear word where there is none."""

from __future__ import annotations

import pytest

from sparring.core.citations import cite, references
from sparring.errors import InputError
from sparring.registry import Unit, parse, units


def test_every_entry_is_bibtex_with_balanced_braces() -> None:
    for key, entry in references().items():
        assert entry.startswith("@")
        assert key in entry
        assert entry.count("{") == entry.count("}")
        assert "year" in entry


def test_every_attack_can_be_cited() -> None:
    for name, cls in units("attack").items():
        text = cite(cls())
        assert text.count("\n@") + 1 == len(set(cls.cites)), name


def test_a_unit_without_a_paper_says_so() -> None:
    class Plain(Unit):
        kind = "attack"

    with pytest.raises(InputError, match="expected a unit with a source"):
        cite(Plain())
    assert "madry2018" in cite(parse("pgd"))
