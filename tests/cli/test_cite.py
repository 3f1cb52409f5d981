"""`sparring cite`: every key a unit names has its entry."""

import pytest

from sparring.cli._app import run
from sparring.core.citations import references
from sparring.registry import PACKAGES, units


def test_it_prints_bibtex(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cite", "pgd(steps=3)"]) == 0
    assert capsys.readouterr().out.startswith("@inproceedings{madry2018,")


@pytest.mark.parametrize("kind", PACKAGES)
def test_every_key_is_there(kind: str) -> None:
    for cls in units(kind).values():
        assert set(cls.cites) <= set(references()), cls


def test_every_entry_is_used() -> None:
    used = {key for kind in PACKAGES for cls in units(kind).values() for key in cls.cites}
    assert used == set(references())
