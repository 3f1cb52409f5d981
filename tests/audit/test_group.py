"""One process, several, or one that was killed and started again: the same records, byte for byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

import sparring
from sparring.data import Dataset
from sparring.models import fit, load_model, save_model
from sparring.registry import parse

TIMES = {"seconds", "date", "command"}
"""What may differ between two runs of the same audit."""
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "sparring")


@pytest.fixture(scope="module")
def files(digits_net: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small net of 10 digits, trained, to audit from the command line."""
    _, x, y = digits_net
    folder = tmp_path_factory.mktemp("group")
    net = parse("mlp", "model").build((1, 8, 8), 10, seed=0)
    data = Dataset(x, y, tuple("0123456789"))
    fit(net, data, epochs=20)
    save_model(folder / "net", "mlp", net, input_shape=(1, 8, 8), classes=data.classes)
    assert load_model(folder / "net").classes == data.classes
    return folder


def command(files: Path, out: str, *, processes: int) -> list[str]:
    start = TORCHRUN if processes == 2 else ("-m", "sparring")
    return [
        sys.executable, *start, "audit", "--model", str(files / "net"), "--data", "digits", "--threat", "linf(0.06)",
        "--samples", "700", "--curve", "30", "--out", str(files / out), "--quiet",
    ]  # fmt: skip


def finished(files: Path, out: str, *, processes: int) -> tuple[dict[str, Any], bytes]:
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    done = subprocess.run(
        command(files, out, processes=processes), env=environment, capture_output=True, text=True, check=False,
        timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads((files / out / "result.json").read_text())
    return timeless(result), (files / out / "samples.jsonl").read_bytes()


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items() if key not in TIMES}
    return [timeless(each) for each in value] if isinstance(value, list) else value


def until(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)


@pytest.mark.slow
def test_two_processes_and_a_killed_one_come_to_the_same_bytes(files: Path) -> None:
    """One process; two; one killed among its chunks, then again among its evidence, then finished by two."""
    alone = finished(files, "alone", processes=1)
    assert alone[0]["verdict"]["evidence"]
    assert len(list((files / "alone" / "chunks").glob("*.json"))) >= 2
    assert 0 < alone[0]["robust_accuracy"] < alone[0]["clean_accuracy"]
    assert finished(files, "two", processes=2) == alone

    cut, environment = files / "cut", dict(os.environ, OMP_NUM_THREADS="1")
    for mark in ("chunks/00000.json", "evidence/queries.json"):
        victim = subprocess.Popen(command(files, "cut", processes=1), env=environment, stdout=subprocess.DEVNULL)
        until(cut / mark, victim)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        assert (cut / mark).exists()
        assert not (cut / "result.json").exists(), "the run was over before it could be killed"
    assert finished(files, "cut", processes=2) == alone


@pytest.mark.slow
def test_a_run_whose_parts_were_done_by_another_ends_with_the_figure_of_one(files: Path) -> None:
    """The first of two processes finds what the second has done, and does no more than its own."""
    net = load_model(files / "net")
    request: dict[str, Any] = {"data": "digits", "threat": "linf(0.06)", "n": 600, "curve": 0, "judge": False}
    alone = sparring.audit(net, out=files / "single", **request)
    sparring.audit(net, out=files / "pair", **request)
    parts = sorted((files / "pair" / "chunks").glob("*.json"))
    assert len(parts) >= 3
    mine, others = parts[::2], parts[1::2]
    for path in mine:
        path.unlink()
    before = [path.stat().st_mtime_ns for path in others]
    again = sparring.audit(net, out=files / "pair", **request)
    assert [path.stat().st_mtime_ns for path in others] == before
    assert timeless(again.result) == timeless(alone.result)
    assert again.samples == alone.samples
    torch.testing.assert_close(again.adversarials, alone.adversarials, rtol=0, atol=0)
