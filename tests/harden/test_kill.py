"""Killed while it trains, the same command goes on and ends with the same bits as one that was not (G26)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from sparring.models import load_model

ROUNDS = 88
WORDS = [
    "harden", "--model", "resnet(width=4)", "--data", "digits:train", "--threat", "linf(0.1)", "--defense",
    "adversarial(steps=2, carry=True)", "--epochs", "8", "--held-out", "50", "--no-audit", "--quiet",
]  # fmt: skip


def start(out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sparring", *WORDS, "--out", str(out)]
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def told(out: Path) -> list[int]:
    """The rounds that the log tells of."""
    path = out / "log.jsonl"
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line)["round"] for line in lines if line.endswith("\n")]


@pytest.mark.slow
def test_a_killed_training_ends_with_the_bits_of_one_that_was_not(tmp_path: Path) -> None:
    """Some rounds after a checkpoint, which comes with every look at held-out data, so that work is lost."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    _, errors = (process := start(whole)).communicate(timeout=200)
    assert process.returncode == 0, errors
    process, deadline = start(cut), time.monotonic() + 120
    while max(told(cut), default=0) < 0.65 * ROUNDS and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "the run was over before it could be killed"
    assert torch.load(cut / "last.pt", weights_only=True)["round"] < ROUNDS
    assert not (cut / "result.json").exists()
    _, errors = (process := start(cut)).communicate(timeout=200)
    assert process.returncode == 0, errors
    one, two = (torch.load(folder / "last.pt", weights_only=True) for folder in (whole, cut))
    one.pop("seconds"), two.pop("seconds")
    assert same(one, two)
    assert one["round"] == ROUNDS
    states = [load_model(folder).module.state_dict() for folder in (whole, cut)]
    assert same(*states)
    results = [json.loads((folder / "result.json").read_text()) for folder in (whole, cut)]
    assert results[0]["history"] == results[1]["history"]
    assert results[0]["held_out"] == results[1]["held_out"]
    assert told(cut) == told(whole)


def same(one: object, two: object) -> bool:
    """Whether two states are equal in everything, tensors to the bit."""
    if isinstance(one, torch.Tensor):
        return isinstance(two, torch.Tensor) and torch.equal(one, two)
    if isinstance(one, dict):
        return isinstance(two, dict) and one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return isinstance(two, type(one)) and len(one) == len(two) and all(map(same, one, two))
    return one == two
