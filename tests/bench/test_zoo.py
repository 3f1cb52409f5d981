"""The zoo audited: a careless figure, the audit's, and an insider's, of the same models."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparring.bench._zoo import audit_zoo, trained_zoo, zoo_table
from sparring.cli._app import run
from sparring.core.runs import write_json
from sparring.data import load_data
from sparring.errors import InputError
from sparring.models import train_zoo

THREAT = "linf(0.3)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("zoo")
    digits = load_data("digits:train"), load_data("digits:test")
    train_zoo(*digits, out, of="cnn(width=4)", epochs=4, only=["label-only", "steep"], threat=THREAT, n=24)
    return out


@pytest.mark.slow
def test_the_audit_finds_what_the_insider_finds_and_the_careless_do_not(folder: Path) -> None:
    """T33, T4: without a gradient, or with a saturated one, a careless figure is far above the truth."""
    rows = {row.name: row for row in audit_zoo(trained_zoo(folder), load_data("digits:test"), THREAT, n=24)}
    base, hidden, steep = rows["base"], rows["label-only"], rows["steep"]
    assert base.insider is None
    assert hidden.insider is not None
    assert hidden.naive == hidden.clean
    assert steep.naive > base.audited + 0.3
    for row in (hidden, steep):
        assert row.audited == base.audited  # the net inside is the same one
        assert row.insider == pytest.approx(row.audited, abs=1 / 24)
        assert row.adapted


def test_the_table_holds_what_was_found(folder: Path) -> None:
    rows = audit_zoo(trained_zoo(folder)[:1], load_data("digits:test"), THREAT, n=24)
    table = zoo_table(rows, data="digits:test", threat=THREAT, command="sparring zoo")
    assert (
        f"| base | {rows[0].clean:.1%} | {rows[0].naive:.1%} | **{rows[0].audited:.1%}** | {rows[0].verdict} |" in table
    )


def test_the_command_audits_what_is_trained_already(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["zoo", "--data", "digits", "--out", str(folder), "--trained", "--threat", THREAT, "--n", "24", "--quiet"]
    page = tmp_path / "table.md"
    assert run([*line, "--only", "label_only", "--audit", "--markdown", str(page)]) == 0
    printed = capsys.readouterr().out
    assert "| label-only |" in printed
    assert "| steep |" not in printed
    assert page.read_text() in printed
    assert run([*line, "--markdown", str(page)]) == 2
    assert "expected --audit" in capsys.readouterr().err


def test_another_file_is_one_line(tmp_path: Path) -> None:
    write_json(tmp_path / "zoo.json", {"members": [{"name": "base"}]})
    with pytest.raises(InputError, match=r"zoo\.json of a trained zoo"):
        trained_zoo(tmp_path)
