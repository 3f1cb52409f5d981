"""Every trial comes once: those that are known first and not again, and a process that dies is told in one line."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from sparring.bench._pool import Record, each_once
from sparring.errors import InputError


def nothing(_: Any) -> None:
    """Know of no trial."""


def test_what_is_known_comes_first_and_is_not_run_again() -> None:
    ran: list[int] = []

    def run(trial: int) -> Record:
        ran.append(trial)
        return {"square": trial**2}

    found = list(each_once([3, 1, 2], lambda trial: {"square": -1} if trial == 1 else None, run, 1))
    assert found == [(1, {"square": -1}), (3, {"square": 9}), (2, {"square": 4})]
    assert ran == [3, 2]


def test_the_first_record_comes_before_the_second_trial_is_run() -> None:
    def run(trial: int) -> Record:
        assert trial == 1, "this one was not asked for yet"
        return {}

    assert next(each_once([1, 2], nothing, run, 1)) == (1, {})


@pytest.mark.slow
def test_several_processes_give_the_records_of_one() -> None:
    texts = ['{"a": 1}', '{"a": 2}', '{"a": 3}']
    assert dict(each_once(texts, nothing, json.loads, 2)) == {text: json.loads(text) for text in texts}


@pytest.mark.slow
def test_a_process_that_is_killed_is_one_line() -> None:
    with pytest.raises(InputError, match="every process to live, got one that was killed"):
        list(each_once([signal.SIGKILL, signal.SIGKILL], nothing, signal.raise_signal, 2))
