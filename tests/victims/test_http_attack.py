"""`sparring attack` on an endpoint that drops, stalls and limits: it finishes, within budget, with exact books."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from sparring.cli._app import run

Describe = Callable[..., Path]
DATA = """
import torch

def data():
    y = torch.arange(6) % 3
    noise = 0.1 * torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    return torch.tensor([0.1, 0.45, 0.8])[y].view(-1, 1, 1, 1) + noise, y
"""


def brightness(image: Tensor) -> list[float]:
    mean = float(image.double().mean())
    return [0.3 - mean, 0.2 - abs(mean - 0.5), mean - 0.6]


def label(row: list[float]) -> int:
    return max(range(3), key=row.__getitem__)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Any) -> Path:
    (tmp_path / "samples.py").write_text(DATA)
    monkeypatch.chdir(tmp_path)
    server.form = lambda rows: {"labels": [label(row) for row in rows]}
    return tmp_path


def limited(server: Any, most: int, window: float, drops: float) -> Callable[[int], str]:
    """A tenth is dropped, before the answer or after it; more than `most` requests in a window are refused."""
    luck = random.Random(1)

    def fate(number: int) -> str:
        if number == 40:
            return "stall"
        if luck.random() < drops:
            return luck.choice(["drop", "vanish"])
        recent = [each for each in server.times if each > server.times[-1] - window]
        return "429" if len(recent) > most else "answer"

    return fate


def books(folder: Path) -> dict[str, Any]:
    queries: dict[str, Any] = json.loads((folder / "result.json").read_text())["queries"]
    return queries


def check_books(queries: dict[str, Any], server: Any) -> None:
    there = server.images
    assert queries["answered"] == there["answer"]
    assert queries["lost"] == there["drop"] + there["vanish"] + there["stall"]
    assert queries["refused"] == there["429"] + there["500"]
    assert queries["sent"] == sum(there.values()) == queries["answered"] + queries["lost"] + queries["refused"]
    assert queries["requests"] == len(server.seen)


def test_hopskipjump_finishes_within_budget_with_exact_books(
    server: Any, describe: Describe, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.fate = limited(server, 20, 0.1, 0.1)
    model = describe(
        response="labels", returns="labels", classes=3, rate_per_s=190, max_queries=4000, cost_per_query=0.001,
        ledger="queries.jsonl", retries=8, batch=8, timeout_s=0.3,
    )  # fmt: skip
    command = ["attack", "samples.py:data", "hopskipjump(queries=150)", "--model", str(model)]
    assert run([*command, "--out", "run", "--quiet"]) == 0
    result = json.loads((here / "run" / "result.json").read_text())
    assert result["n_correct"] == 6
    assert result["success_rate"] == 1
    assert result["median_distance"] < 1.2  # as far as the threshold on the mean is, give or take
    assert result["backwards"] == 0
    queries = books(here / "run")
    check_books(queries, server)
    assert queries["lost"] > server.images["stall"] > 0
    assert queries["sent"] <= 4000
    assert not queries["budget_ended_it"]
    assert queries["unanswered"] == 0
    assert queries["cost"] == pytest.approx(queries["answered"] / 1000)
    # Every look of the attack, one at its PNGs, and one to see how many classes there are.
    assert queries["asked"] == result["forwards"] + 6 + 1
    assert result["samples"][0]["after"][1] == 1.0  # a label comes without a doubt
    said = capsys.readouterr().out
    assert f"{queries['sent']} sent in {queries['requests']} requests" in said
    assert "report: " in said


def test_at_the_end_of_the_budget_what_was_found_is_kept(
    server: Any, describe: Describe, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.fate = limited(server, 10**9, 0.1, 0.1)
    model = describe(response="labels", returns="labels", classes=3, max_queries=300, retries=8)
    command = ["attack", "samples.py:data", "hopskipjump(queries=150)", "--model", str(model)]
    assert run([*command, "--out", "run", "--quiet"]) == 0
    queries = books(here / "run")
    check_books(queries, server)
    assert queries["budget_ended_it"]
    assert queries["unanswered"] > 0
    assert 290 < queries["sent"] <= 300
    result = json.loads((here / "run" / "result.json").read_text())
    assert result["success_rate"] > 0.5
    assert "warning: the attack ended at max_queries = 300" in capsys.readouterr().out
    images = load_file(here / "run" / "adversarials.safetensors")
    for image, y, hit in zip(images["images"], images["labels"], images["success"], strict=True):
        assert (label(brightness(image)) != int(y)) == bool(hit)


def test_a_budget_too_small_for_one_look_is_refused(
    server: Any, describe: Describe, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = describe(response="labels", returns="labels", classes=3, max_queries=4)
    assert run(["attack", "samples.py:data", "hopskipjump", "--model", str(model), "--out", "run"]) == 2
    said = capsys.readouterr().err
    assert "error: expected queries for one look at every image, got 3 of max_queries = 4 left for 5 more" in said
    assert not (here / "run").exists()


def test_an_endpoint_that_is_down_is_one_line(
    server: Any, describe: Describe, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = describe(url="http://127.0.0.1:9/", retries=1, returns="labels", classes=3)
    assert run(["attack", "samples.py:data", "hopskipjump", "--model", str(model), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: expected an answer from http://127.0.0.1:9/, got ConnectError at the last of 2")
    assert said.count("\n") == 1


def test_gradients_are_not_to_be_had(
    server: Any, describe: Describe, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = describe(response="labels", returns="labels", classes=3)
    assert run(["attack", "samples.py:data", "pgd", "--model", str(model), "--threat", "linf(0.1)"]) == 2
    assert "expected a victim that gives its gradient for pgd, got decision only: there is" in capsys.readouterr().err


def test_killed_and_started_again_no_image_is_paid_twice(server: Any, describe: Describe, here: Path) -> None:
    """kill −9 in the middle; the second run gets the first one's answers from the cache and ends the same."""
    fields: dict[str, Any] = {"response": "labels", "returns": "labels", "classes": 3, "retries": 8}
    model = describe(cache="answers.sqlite", ledger="queries.jsonl", **fields)
    command = ["attack", "samples.py:data", "hopskipjump(queries=60)", "--model", str(model), "--quiet"]
    server.fate = limited(server, 10**9, 0.1, 0.1)
    process = subprocess.Popen([sys.executable, "-m", "sparring", *command, "--out", "killed"], cwd=here)
    until = time.monotonic() + 60
    while server.images["answer"] < 90 and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = server.images["answer"]
    assert before >= 90
    assert not (here / "killed" / "result.json").exists()
    assert run([*command, "--out", "again"]) == 0
    queries = books(here / "again")
    paid = [json.dumps(image) for body, _ in server.seen for image in body["instances"]]
    there = server.images
    # Twice was sent only what was lost, or was on its way at the kill.
    assert len(paid) - len(set(paid)) <= there["drop"] + there["vanish"] + there["stall"] + 6
    # A request that was entered and had not left yet counts: the limit errs on the safe side.
    assert 0 <= queries["sent"] + queries["sent_before"] - sum(there.values()) <= 6
    assert queries["from_cache"] >= before - 6
    fresh = describe(cache=False, **fields)
    assert run([*command[:4], str(fresh), "--quiet", "--out", "whole"]) == 0
    same = [json.loads((here / name / "result.json").read_text())["samples"] for name in ("again", "whole")]
    assert same[0] == same[1]


def test_a_command_without_an_attack_ends_in_one_line_too(
    server: Any, describe: Describe, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = describe(response="labels", returns="labels", classes=3, max_queries=4)
    command = ["audit", "--model", str(model), "--data", "samples.py:data", "--threat", "linf(0.3)", "--quiet"]
    assert run([*command, "--curve", "0"]) == 2
    assert capsys.readouterr().err.startswith("error: expected queries for ")
