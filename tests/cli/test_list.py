"""`sparring list`: every unit, in words and as a table."""

import pytest

from sparring.cli._app import run
from sparring.registry import PACKAGES, units


@pytest.mark.parametrize("kind", PACKAGES)
def test_it_names_every_unit_of_a_kind(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", kind]) == 0
    words = capsys.readouterr().out.split()
    assert set(units(kind)) <= set(words)
    assert run(["list", kind + "s", "--markdown"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 2 + len(units(kind))
    assert all(row.startswith(("| ", "|-")) for row in rows)
