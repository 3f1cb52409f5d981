"""Files that are whole or not there, numbered folders, logs that survive a kill."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sparring.core import runs
from sparring.errors import InputError


def test_a_file_is_replaced_whole_and_nothing_is_left_over(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    assert runs.write_atomic(path, "old") == path
    runs.write_atomic(path, b"new")
    assert path.read_text() == "new"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.txt"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = runs.write_atomic(tmp_path / "a.txt", "old")

    def full(_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        runs.write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_json_goes_there_and_back_and_holds_no_nan(tmp_path: Path) -> None:
    value = {"ε": [1, 2.5, None], "name": "über"}
    path = runs.write_json(tmp_path / "a.json", value)
    assert runs.read_json(path) == value
    with pytest.raises(ValueError, match="JSON compliant"):
        runs.write_json(path, float("nan"))
    assert runs.read_json(path) == value


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
def test_what_is_not_json_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(InputError, match="got nothing there"):
        runs.read_json(path)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"expected JSON in .*a.json, got") as caught:
        runs.read_json(path)
    assert "\n" not in str(caught.value)


def test_runs_are_numbered_in_order_and_named_for_the_eye(tmp_path: Path) -> None:
    first = runs.new_run_dir("audit", "Fashion-MNIST:test linf(8/255)", tmp_path / "runs")
    second = runs.new_run_dir("attack", "x" * 90, tmp_path / "runs")
    assert first.name == "0001-audit-fashion-mnist-test-linf-8-255"
    assert second.name == "0002-attack-" + "x" * 40
    (tmp_path / "runs" / "0041-other").mkdir()
    (tmp_path / "runs" / "notes").mkdir()
    assert runs.new_run_dir("demo", "", tmp_path / "runs").name.startswith("0042-demo")


def test_a_run_goes_on_where_it_is_the_same_run(tmp_path: Path) -> None:
    spec = {"kind": "audit", "threat": "linf(0.1)", "sizes": (1, 2)}
    folder = runs.open_run(tmp_path / "run", spec, "sparring audit")
    assert runs.read_json(folder / "spec.json") == {
        **spec, "sizes": [1, 2], "versions": runs.versions(), "command": "sparring audit",
    }  # fmt: skip
    (folder / "more").write_text("")
    assert runs.open_run(folder, spec, None) == folder
    with pytest.raises(InputError, match=r'another threat \("linf\(0.1\)", not "l2\(1\)"\): choose another --out'):
        runs.open_run(folder, spec | {"threat": "l2(1)"}, None)


def test_two_long_texts_are_shown_where_they_part(tmp_path: Path) -> None:
    """Whatever they have in common before that says nothing of how they differ."""
    long = "gan(nets=r3(" + 20 * "width, " + "full=False"
    folder = runs.open_run(tmp_path / "run", {"gan": f"{long}), loss=hinge()"}, None)
    with pytest.raises(InputError) as raised:
        runs.open_run(folder, {"gan": f"{long}, head=256), loss=hinge()"}, None)
    line = str(raised.value)
    assert ', full=False), loss=hinge()", not ...' in line
    assert ", full=False, head=256), loss=hin...)" in line


def test_a_run_does_not_begin_among_other_files(tmp_path: Path) -> None:
    """But for those that a faster process of the same run has left there."""
    (tmp_path / "chunks").mkdir()
    with pytest.raises(InputError, match="an empty or new directory for the run"):
        runs.open_run(tmp_path, {}, None)
    assert runs.open_run(tmp_path, {}, None, beside="chunks") == tmp_path


def test_a_log_has_one_record_a_line(tmp_path: Path) -> None:
    log = runs.Log(tmp_path / "deep" / "log.jsonl")
    log("start", n=3)
    log("end", name="é\n")
    lines = [json.loads(line) for line in (tmp_path / "deep" / "log.jsonl").read_text().splitlines()]
    assert [(line["event"], line.get("n"), line.get("name")) for line in lines] == [
        ("start", 3, None),
        ("end", None, "é\n"),
    ]
    assert lines[0]["time"] <= lines[1]["time"]


def test_versions_and_machine_say_what_decides_the_figures() -> None:
    assert set(runs.versions()) == {"python", "sparring", "torch", "numpy"}
    assert " x " in runs.machine()
