"""The bench runs every attack of the registry, and its figures are right."""

from __future__ import annotations

import dataclasses
import math

import pytest

from sparring import bench
from sparring.attacks import Attack
from sparring.bench import Row
from sparring.bench._attacks import absent_peers
from sparring.bench.peers import PEERS
from sparring.errors import InputError
from sparring.registry import parse_as, units


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Every attack on the linear problem, in small."""
    short = []
    for name in units("attack"):
        unit = parse_as(Attack, name)
        fields = {field.name: getattr(unit, field.name) for field in dataclasses.fields(unit)}
        fewer = {key: min(fields[key], most) for key, most in (("steps", 10), ("queries", 300)) if key in fields}
        short.append(dataclasses.replace(unit, **fewer))
    return bench.attacks(short, quick=True, n=8, peers=False)


@pytest.mark.slow
def test_every_attack_has_a_row_in_every_norm_it_is_made_for(rows: list[Row]) -> None:
    shown = {(row.attack.partition("(")[0], row.threat.partition("(")[0]) for row in rows}
    for name in units("attack"):
        unit = parse_as(Attack, name)
        if unit.free_threat is None or unit.minimal:
            assert {(name, norm) for norm in unit.norms} <= shown
        assert name in {attack for attack, _ in shown}
    assert not [row.note for row in rows if row.note]


@pytest.mark.slow
def test_figures_are_within_their_ranges(rows: list[Row]) -> None:
    for row in rows:
        unit = parse_as(Attack, row.attack)
        assert row.by == "sparring"
        assert row.n == 8
        assert row.success is not None
        assert 0 <= row.success <= 1
        assert row.forwards is not None
        assert row.backwards is not None
        assert row.forwards + row.backwards <= 1 + unit.passes(10) + 2, row
        assert row.seconds is not None
        assert row.seconds > 0
        assert (row.median is None) == (not unit.minimal and unit.free_threat is None)


@pytest.mark.slow
def test_minimal_attacks_come_near_the_exact_distance_and_never_below(rows: list[Row]) -> None:
    """A distance below the exact one would be a bug of the judge, the oracle or the attack."""
    near = 0
    for row in rows:
        if row.exact is not None:
            assert row.median is not None
            assert row.median >= row.exact * (1 - 1e-4), row
            near += row.median <= 1.05 * row.exact
    assert near >= 3


def test_success_is_counted_at_the_radius() -> None:
    """DeepFool is exact on a linear model: its share within ε is the share of exact distances within ε."""
    (row,) = [row for row in bench.attacks(["deepfool"], quick=True, peers=False) if row.threat.startswith("l2")]
    (pgd,) = [row for row in bench.attacks(["pgd"], quick=True, peers=False) if row.threat.startswith("l2")]
    assert row.median is not None
    assert row.success is not None
    assert pgd.success is not None
    assert 0 < row.success < 1
    assert (row.success >= 0.5) == (row.median <= 0.5)
    assert abs(row.success - pgd.success) <= 0.1


def test_the_bare_loop_stands_beside_pgd() -> None:
    ours, plain = bench.attacks(["pgd"], problems=["digits-linear"], n=30)[:2]
    assert (ours.by, plain.by) == ("sparring", "plain loop")
    assert (plain.forwards, plain.backwards) == (40, 40)
    assert ours.success is not None
    assert plain.success is not None
    assert abs(ours.success - plain.success) <= 1 / 30 + 1e-9


def test_the_same_seed_gives_the_same_figures() -> None:
    first, second = (bench.attacks(["pgd(steps=5)"], quick=True, n=10, peers=False, seed=3) for _ in range(2))
    assert [(row.success, row.forwards) for row in first] == [(row.success, row.forwards) for row in second]


def test_progress_is_told_of_every_row() -> None:
    told: list[tuple[int, int, str]] = []
    rows = bench.attacks(
        ["fgsm"], quick=True, n=5, peers=False, progress=lambda done, total, row: told.append((done, total, row.threat))
    )
    assert [done for done, _, _ in told] == [1, 2, 3, 4]
    assert {total for _, total, _ in told} == {len(rows)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"names": ["pdg"]}, "did you mean .*'pgd'"),
        ({"problems": ["mnist"]}, "expected a problem"),
        ({"n": 0}, "n >= 1"),
    ],
)
def test_bad_input_is_met_in_one_line(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        bench.attacks(**arguments)  # type: ignore[arg-type]


def test_a_problem_asked_for_without_its_data_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARRING_FASHION_MNIST", "/nowhere")
    with pytest.raises(InputError, match="apt-get"):
        bench.attacks(["fgsm"], problems=["fashion-resnet"], n=2)


def test_every_peer_names_a_unit_there_is() -> None:
    for peer in PEERS:
        unit = parse_as(Attack, peer.unit)
        assert set(peer.norms) <= set(unit.norms), peer


@pytest.mark.peers
def test_the_peers_that_are_installed_have_rows_with_figures() -> None:
    rows = bench.attacks(problems=["digits-linear"], n=10)
    there = {peer.library for peer in PEERS} - set(absent_peers())
    assert {row.by for row in rows} == there | {"sparring"}
    for peer in PEERS:
        if peer.library in there:
            mine = [row for row in rows if row.by == peer.library and row.attack == peer.unit]
            assert mine, peer
            assert not [row.note for row in mine if row.note]
            assert all(row.forwards and row.backwards and math.isfinite(row.forwards) for row in mine)
