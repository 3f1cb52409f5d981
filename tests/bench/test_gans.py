"""The bench of GANs: every setting and seed, more of them later, and the same from one process or two."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sparring.bench import _gans_trial
from sparring.bench._gans import GanBench, bench_gans
from sparring.errors import InputError
from sparring.train import train as real_train

SMALL: dict[str, Any] = {"gans": ["lsgan", "wgan"], "nets": "dense(latent=4, hidden=(8,))", "images": 320}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GanBench]:
    out = tmp_path_factory.mktemp("gans") / "out"
    return out, bench_gans(**SMALL, trials=1, seeds=1, out=out)


def figures(found: GanBench) -> dict[tuple[str, int, int], tuple[float, float]]:
    return {(each["name"], each["setting"], each["seed"]): (each["choose"], each["tell"]) for each in found.records}


def test_every_setting_is_trained_and_told_between_truth_and_noise(first: tuple[Path, GanBench]) -> None:
    _, found = first
    assert set(figures(found)) == {(name, number, 0) for name in SMALL["gans"] for number in (0, 1)}
    beside = found.beside["digits"]
    for row in found.rows["digits"]:
        assert beside["truth"] < row.default <= beside["noise"]
        assert row.best == {1: min(figures(found)[row.name, 1, 0][1], beside["noise"])}
        assert row.place == (1, 2)


def test_more_trials_add_to_those_that_are_there(first: tuple[Path, GanBench], monkeypatch: pytest.MonkeyPatch) -> None:
    out, found = first
    ran: list[Path] = []

    def train(*given: Any, out: Path, **named: Any) -> Any:
        ran.append(out)
        return real_train(*given, out=out, **named)

    monkeypatch.setattr(_gans_trial, "train", train)
    told: list[tuple[int, int]] = []
    more = bench_gans(
        **SMALL, trials=2, seeds=1, out=out, progress=lambda done, total, _: told.append((done, total))
    )  # fmt: skip
    assert len(ran) == 2
    assert told == [(done, 6) for done in range(1, 7)]
    assert figures(more).items() >= figures(found).items()
    assert {row.trials for row in more.rows["digits"]} == {2}


def test_what_cannot_be_is_refused_before_anything_is_trained(first: tuple[Path, GanBench], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another images"):
        bench_gans(**SMALL | {"images": 640}, trials=1, seeds=1, out=first[0])
    for change, word in (
        ({"trials": 0}, ">= 1"), ({"data": ("digits", "digits")}, "once"), ({"images": 64}, "one round"),
        ({"gans": ["wgan_gp(nets=dense(), tricks=(minibatch_stddev(),))"]}, "batch"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=word):
            bench_gans(**SMALL | change, out=tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_two_processes_give_the_figures_of_one(first: tuple[Path, GanBench], tmp_path: Path) -> None:
    two = bench_gans(**SMALL, trials=1, seeds=1, processes=2, out=tmp_path)
    assert figures(two) == figures(first[1])


@pytest.mark.slow
def test_killed_in_the_midst_the_same_call_goes_on(first: tuple[Path, GanBench], tmp_path: Path) -> None:
    """G26: what had ended is read, what was under way goes on, and the figures are those of a bench left alone."""
    call = f"bench_gans(**{SMALL!r}, trials=1, seeds=1, out={str(tmp_path)!r})"
    process = subprocess.Popen([sys.executable, "-c", f"from sparring.bench._gans import bench_gans; {call}"])
    try:
        while len(list(tmp_path.rglob("last.pt"))) < 1 or len(list(tmp_path.rglob("trial.json"))) < 1:
            assert process.poll() is None
            time.sleep(0.001)
    finally:
        process.kill()
        process.wait()
    assert len(list(tmp_path.rglob("trial.json"))) < 4
    assert figures(bench_gans(**SMALL, trials=1, seeds=1, out=tmp_path)) == figures(first[1])
