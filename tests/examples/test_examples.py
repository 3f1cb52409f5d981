"""Every example runs from any working directory, and prints what its first line promises."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SLOW = ("attack_a_picture", "forge_from_noise")
"""An ImageNet network: some ten seconds each on a busy machine."""


def run(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.chdir(folder)
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out


def percentages(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"([\d.]+)%", text)]


def test_each_is_short_says_what_it_shows_and_has_a_test() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 40, path.name
        assert text.startswith('"""'), path.name
        assert f'"{path.stem}"' in tested, path.name


def test_a_sum_turns_positive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = run("linear_explanation", tmp_path, monkeypatch, capsys).splitlines()
    assert lines[0].endswith(" -4.0")
    assert re.search(r" 1\.6 +\(0\.2 ‖w‖² = 5\.6 more\)", lines[1])
    assert re.search(r" -1\.6 +\(0\.2 ‖w‖₁ = 2\.4 more\)", lines[2])


@pytest.mark.slow  # CI runs every example once more as it is
def test_an_audit_finds_fewer_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clean, robust, low, high = percentages(run("audit_a_classifier", tmp_path, monkeypatch, capsys))[:4]
    assert clean > 95 > 80 > robust
    assert low < robust < high


@pytest.mark.slow
def test_norms_differ_in_what_they_touch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run("compare_norms", tmp_path, monkeypatch, capsys)
    touched = {norm: float(count) for norm, count in re.findall(r"^(l\w+)\(.*?([\d.]+)/64", out, re.MULTILINE)}
    assert touched["l0"] <= 4 < touched["linf"]


def test_a_gradient_beats_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    noise, fgsm, pgd = percentages(run("your_own_attack", tmp_path, monkeypatch, capsys))
    assert 0 < noise < fgsm <= pgd


@pytest.mark.slow  # half a minute; CI runs every example once more as it is
def test_every_minimal_attack_breaks_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [line.split() for line in run("minimal_distances", tmp_path, monkeypatch, capsys).splitlines()[1:]]
    assert len(rows) == 12
    assert all(row[2] == "100%" and float(row[3]) > 0 for row in rows)


def test_noise_in_training_widens_what_can_be_proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = run("certify_a_classifier", tmp_path, monkeypatch, capsys).splitlines()
    plain, noisy = percentages(lines[1]), percentages(lines[2])
    assert len(plain) == len(noisy) == 5
    assert plain == sorted(plain, reverse=True)
    assert noisy[0] > 85
    assert noisy[3] > plain[3] + 10


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_a_network_is_led_to_an_iguana(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(name, tmp_path, monkeypatch, capsys)
    assert "common iguana (9" in out or "common iguana (100" in out
    assert len(list((tmp_path / "runs").glob("*.png"))) == 1
    if name == "attack_a_picture":
        assert "more than 4 levels" in out


@pytest.mark.slow
def test_two_rules_arrive_one_stands_and_one_runs_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = run("a_game_of_two", tmp_path, monkeypatch, capsys).splitlines()
    last = [float(line.split(", ")[-1].removesuffix(" away")) for line in lines]
    assert last[0] > 100
    assert 1 < last[1] < 2
    assert max(last[2:]) < 0.05


@pytest.mark.slow  # CI runs every example once more as it is
def test_signs_reach_every_mode_with_less_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    smooth, signs = run("modes_of_a_ring", tmp_path, monkeypatch, capsys).splitlines()
    assert "8 of 8 modes" in signs
    assert percentages(signs)[0] > percentages(smooth)[0] + 20


@pytest.mark.slow  # CI runs every example once more as it is
def test_hardening_buys_robustness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = run("harden_a_classifier", tmp_path, monkeypatch, capsys).splitlines()[:2]
    assert percentages(after)[1] > percentages(before)[1] + 10


@pytest.mark.slow
def test_a_detector_stops_those_who_do_not_know_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run("guard_a_classifier", tmp_path, monkeypatch, capsys)
    fooled, refused = map(int, re.findall(r"deepfool.* (\d+) times, (\d+) refused", out)[0])
    assert refused > 0.85 * fooled > 50
    alone, both = percentages(out)
    assert alone <= both < 40
