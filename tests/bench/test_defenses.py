"""Every defense in one table: baseline first, careless figures beside the audit's, and nothing done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparring.bench._defenses import bench_defenses, defenses_table, every_defense
from sparring.errors import InputError
from sparring.harden import Recipe
from sparring.registry import units


def test_all_are_in_it_and_the_undefended_one_is_first() -> None:
    names = [each.name() for each in every_defense()]
    assert names[0] == "standard"
    assert sorted(names) == sorted(units("defense"))


@pytest.mark.slow
def test_a_row_holds_the_runs_own_figures_and_a_second_call_trains_nothing(tmp_path: Path) -> None:
    recipe, chosen = Recipe(epochs=1, held_out=50, evaluations=1), ["standard", "fast"]
    rows = bench_defenses(
        "digits", "linf(0.1)", defenses=chosen, net="mlp(hidden=(16,))", recipe=recipe, n=20, out=tmp_path
    )
    assert [row.defense for row in rows] == chosen
    assert all(row.n == 20 and row.audited <= min(row.clean, row.pgd) for row in rows)
    assert rows[1].passes == 2 * rows[0].passes  # one look ahead, one to learn from
    before = (tmp_path / "fast" / "last.pt").stat().st_mtime_ns
    again = bench_defenses(
        "digits", "linf(0.1)", defenses=chosen, net="mlp(hidden=(16,))", recipe=recipe, n=20, out=tmp_path
    )
    assert [row.audited for row in again] == [row.audited for row in rows]
    assert (tmp_path / "fast" / "last.pt").stat().st_mtime_ns == before
    page = defenses_table(rows, data="digits", threat="linf(0.1)", net="mlp", recipe=recipe, command="this line")
    assert f"**{rows[1].audited:.1%}**" in page
    assert "`this line` on" in page


def test_a_part_of_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name it without a part"):
        bench_defenses("digits:train", "linf(0.1)", out=tmp_path)
