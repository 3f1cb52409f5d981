"""An endpoint that fails in every way there is: the answers are right all the same, and the books add up."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.errors import InputError, MissingExtra
from sparring.models import load_model
from sparring.victims.base import OutOfQueries
from sparring.victims.description import read_description
from sparring.victims.http import Endpoint

X = torch.linspace(0, 1, 10).view(10, 1, 1, 1).expand(10, 1, 4, 4).contiguous()
Describe = Callable[..., Path]


def want(x: Tensor) -> Tensor:
    mean = x.double().mean((1, 2, 3))
    return torch.stack([0.3 - mean, 0.2 - (mean - 0.5).abs(), mean - 0.6], 1)


def endpoint(path: Path, **more: Any) -> Endpoint:
    return Endpoint(read_description(path), **more)


def test_scores_come_back_in_order_batch_by_batch(server: Any, describe: Describe) -> None:
    model = endpoint(describe())
    torch.testing.assert_close(model(X), want(X))
    assert [len(body["instances"]) for body, _ in server.seen] == [4, 4, 2]
    total = model.ledger.now
    assert (total.requests, total.sent, total.answered, total.retries) == (3, 10, 10, 0)


def test_the_same_image_is_never_paid_twice(server: Any, describe: Describe) -> None:
    """Neither in one call, nor in the next, nor (with a file) in the next run."""
    path = describe(cache="answers.sqlite")
    model = endpoint(path)
    twice = torch.cat([X, X[:5]])
    torch.testing.assert_close(model(twice), want(twice))
    torch.testing.assert_close(model(X[3:]), want(X[3:]))
    assert server.images["answer"] == 10
    assert (model.ledger.asked, model.ledger.cached, model.ledger.now.answered) == (22, 12, 10)
    again = endpoint(path)
    torch.testing.assert_close(again(twice), want(twice))
    assert server.images["answer"] == 10
    other = endpoint(describe(cache="answers.sqlite", response="predictions[*].scores", encoding="levels"))
    other(X)
    assert server.images["answer"] == 20  # other pixels are sent, so other answers may come


def test_without_a_cache_every_image_is_asked(server: Any, describe: Describe) -> None:
    model = endpoint(describe(cache=False))
    model(X)
    model(X)
    assert server.images["answer"] == 20
    assert model.ledger.cached == 0


@pytest.mark.parametrize("fate", ["drop", "vanish", "500", "503", "429", "408", "stall"])
def test_one_failure_of_each_kind_is_made_good(server: Any, describe: Describe, fate: str) -> None:
    server.fate = lambda number: fate if number == 2 else "answer"
    model = endpoint(describe(timeout_s=0.15 if fate == "stall" else 5))
    torch.testing.assert_close(model(X), want(X))
    total, kind = model.ledger.now, "refused" if fate.isdigit() else "lost"
    assert (total.requests, total.retries, total.sent, total.answered) == (4, 1, 14, 10)
    assert getattr(total, kind) == 4
    assert server.images == {"answer": 10, fate: 4}


def test_books_are_exact_when_a_tenth_fails_in_every_way(server: Any, describe: Describe, tmp_path: Path) -> None:
    """What was answered here is what was answered there, less what was lost on the way, which is counted apart."""
    luck = random.Random(3)
    ways = ["drop", "vanish", "500", "429"]
    server.fate = lambda number: luck.choice(ways) if luck.random() < 0.25 else "answer"
    model = endpoint(describe(ledger="queries.jsonl", cost_per_query=0.5))
    x = torch.rand(200, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model(x), want(x))
    total, there = model.ledger.now, server.images
    assert total.answered == there["answer"] == 200
    assert total.lost == there["drop"] + there["vanish"] > 0
    assert total.refused == there["500"] + there["429"] > 0
    assert total.sent == total.answered + total.lost + total.refused == sum(there.values())
    assert total.requests == len(server.seen)
    assert model.ledger.summary()["cost"] == 100
    assert model.ledger.summary()["cost_at_most"] == 100 + total.lost / 2
    lines = [json.loads(line) for line in (tmp_path / "queries.jsonl").read_text().splitlines()]
    ends = [line for line in lines if line["event"] == "end"]
    assert len(ends) == total.requests == len(lines) / 2
    assert sum(line["images"] for line in ends if line["outcome"] == "answered") == 200
    assert sum(line["cost"] for line in ends) == 100


def test_pauses_double_with_jitter_from_the_seed(server: Any, describe: Describe) -> None:
    server.fate = lambda number: "500"
    pauses: list[list[float]] = []
    for seed in (0, 0, 1):
        slept: list[float] = []
        with pytest.raises(InputError, match="got status 500 at the last of 4 attempts"):
            endpoint(describe(retries=3, backoff_s=1, seed=seed), sleep=slept.append)(X[:1])
        assert all(0.5 * 2**k <= pause < 1.5 * 2**k for k, pause in enumerate(slept))
        assert len(slept) == 3
        pauses.append(slept)
    assert pauses[0] == pauses[1] != pauses[2]


@pytest.mark.parametrize(("text", "least"), [("7", 7), ("2.5", 2.5), ("soon", 0), (None, 8)])
def test_retry_after_is_obeyed(server: Any, describe: Describe, text: str | None, least: float) -> None:
    import time

    server.fate = lambda number: "429" if number == 1 else "answer"
    server.retry_after = text or formatdate(time.time() + 10, usegmt=True)
    slept: list[float] = []
    endpoint(describe(), sleep=slept.append)(X[:1])
    assert len(slept) == 1
    assert least <= slept[0] <= least + 3


def test_a_server_that_wants_an_hour_is_told_of(server: Any, describe: Describe) -> None:
    server.fate, server.retry_after = (lambda number: "429"), "3600"
    with pytest.raises(InputError, match="got Retry-After 3600 s: run the same command again then"):
        endpoint(describe())(X)


def test_the_rate_is_kept(server: Any, describe: Describe) -> None:
    model = endpoint(describe(batch=1, rate_per_s=50))
    model(X)
    assert server.times[-1] - server.times[0] > 0.9 * 9 / 50
    assert model.ledger.waited > 0


def test_the_budget_is_never_exceeded(server: Any, describe: Describe) -> None:
    """T37: retries count too; a call that cannot be paid for sends nothing."""
    model = endpoint(describe(max_queries=12))
    model(X)
    with pytest.raises(OutOfQueries, match="2 of max_queries = 12 left for 3 more"):
        model(X[1:4] / 3.7)
    assert sum(server.images.values()) == 10
    model(X)  # known answers cost nothing
    model(X[1:3] / 3.7)
    assert model.ledger.left() == 0
    assert model.ledger.cut


def test_a_retry_that_cannot_be_paid_for_ends_it(server: Any, describe: Describe) -> None:
    server.fate = lambda number: "drop"
    model = endpoint(describe(max_queries=10))
    with pytest.raises(OutOfQueries):
        model(X[:4])
    assert sum(server.images.values()) == model.ledger.now.sent == model.ledger.now.lost == 8


@pytest.mark.parametrize("status", ["400", "401", "404", "302"])
def test_refusals_that_do_not_pass_are_not_tried_again(server: Any, describe: Describe, status: str) -> None:
    server.fate = lambda number: status
    with pytest.raises(InputError, match=f"expected an answer from {server.url}, got status {status}: .*no: {status}"):
        endpoint(describe())(X)
    assert len(server.seen) == 1


def test_nobody_there(describe: Describe) -> None:
    path = describe(url="http://127.0.0.1:9/predict", retries=1)
    with pytest.raises(InputError, match="got ConnectError at the last of 2 attempts") as caught:
        endpoint(path)(X)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (lambda rows: {"error": 1}, "expected 'predictions' in the response, got keys 'error'"),
        (lambda rows: {"predictions": [{"score": r} for r in rows]}, r"'scores' in the response.predictions\[0\]"),
        (lambda rows: {"predictions": [{"scores": r} for r in rows[1:]]}, "expected 4 answers, one an image"),
        (lambda rows: {"predictions": [{"scores": r[:2]} for r in rows]}, "expected 3 scores an image, got 2"),
        (lambda rows: {"predictions": [{"scores": "cat"} for r in rows]}, "expected a list of 3 scores, got cat"),
        (lambda rows: b"<html>busy</html>", "expected JSON from .*, got '<html>busy</html>'"),
    ],
)
def test_responses_that_the_description_does_not_fit(server: Any, describe: Describe, form: Any, words: str) -> None:
    server.form = form
    with pytest.raises(InputError, match=words) as caught:
        endpoint(describe(classes=3))(X)
    assert "\n" not in str(caught.value)
    assert len(server.seen) == 1


def test_labels_names_probabilities_and_one_image_a_request(server: Any, describe: Describe) -> None:
    best = want(X).argmax(1)
    names = ["dark", "gray", "light"]
    server.form = lambda rows: [max(range(3), key=row.__getitem__) for row in rows]
    model = endpoint(describe(response="", returns="labels", classes=3))
    assert model.access == "decision"
    assert torch.equal(model(X), best)
    server.form = lambda rows: {"top": [{"label": names[max(range(3), key=row.__getitem__)]} for row in rows]}
    assert torch.equal(endpoint(describe(response="top[*].label", returns="names", classes=names))(X), best)
    server.form = lambda rows: {"label": names[max(range(3), key=rows[0].__getitem__)]}
    single = endpoint(describe(request={"image": "$image"}, response="label", returns="names", classes=names))
    assert torch.equal(single(X), best)
    assert single.ledger.now.requests == 10
    server.form = lambda rows: [dict(zip(names, torch.tensor(row).softmax(0).tolist(), strict=True)) for row in rows]
    said = endpoint(describe(response="", returns="probabilities", classes=names))(X)
    torch.testing.assert_close(said.softmax(1), want(X).softmax(1), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("encoding", ["levels", "png-base64"])
def test_bytes_are_sent_as_files_would_hold_them(server: Any, describe: Describe, encoding: str) -> None:
    if encoding == "levels":
        server.form = lambda rows: {"predictions": [{"scores": [r[2] / 255, 0]} for r in rows]}
        said = endpoint(describe(encoding=encoding))(X)[:, 0]
        expected = (X * 255).round().double().mean((1, 2, 3)) / 255 - 0.6 / 255
    else:
        said = endpoint(describe(encoding=encoding))(X)[:, 2]
        expected = ((X * 255).round() / 255).double().mean((1, 2, 3)) - 0.6
    torch.testing.assert_close(said, expected)


def test_headers_from_the_environment_are_sent_and_told_nowhere(
    server: Any, describe: Describe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = describe(headers={"Authorization": "Bearer ${SPARRING_TEST_TOKEN}"}, cache="a.sqlite", ledger="q.jsonl")
    monkeypatch.delenv("SPARRING_TEST_TOKEN", raising=False)
    words = "expected the environment variable SPARRING_TEST_TOKEN for the header Authorization, got none"
    with pytest.raises(InputError, match=words):
        load_model(str(path))
    monkeypatch.setenv("SPARRING_TEST_TOKEN", "tell-nobody")
    model = endpoint(path)
    model(X)
    assert server.seen[0][1]["Authorization"] == "Bearer tell-nobody"
    server.fate, server.form = (lambda number: "answer"), (lambda rows: b"who is tell-nobody?")
    with pytest.raises(InputError, match=r"got 'who is \*\*\*\?'"):
        model(X * 0.3)
    del model
    files = [each for each in tmp_path.iterdir() if each.is_file()]
    assert len(files) == 3
    assert not any(b"tell-nobody" in each.read_bytes() for each in files)


def test_the_text_of_a_model(server: Any, describe: Describe) -> None:
    path = describe(input_shape=[1, 4, 4], classes=["dark", "gray", "light"])
    model = load_model(str(path))
    assert (model.access, model.input_shape, model.classes) == ("scores", (1, 4, 4), ("dark", "gray", "light"))
    assert model.queries is not None
    victim = model.victim()
    torch.testing.assert_close(victim.answer(X), want(X))
    assert model.queries.now.answered == 10
    assert load_model(str(describe(input_shape=[1, 4, 4], classes=["dark", "gray", "light"], retries=1))).checksum == (
        model.checksum
    )
    assert load_model(str(describe(response="other[*]"))).checksum != model.checksum


@pytest.mark.parametrize(("package", "suffix"), [("httpx", "json"), ("yaml", "yaml")])
def test_a_missing_package_names_its_extra(
    describe: Describe, monkeypatch: pytest.MonkeyPatch, package: str, suffix: str
) -> None:
    path = describe().rename(describe().with_suffix(f".{suffix}"))
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=r"\[http\]"):
        load_model(str(path))
