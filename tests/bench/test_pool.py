"""Every trial comes once: those that are known first and not again, and a process that dies is told in one line."""

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


@pytest.mark.slow
def test_an_error_does_not_wait_for_what_others_are_at() -> None:
    """A training may have an hour to go, and can be gone on with."""
    started = time.monotonic()
    with pytest.raises(ValueError, match="negative"):
        list(each_once([90, -1], nothing, time.sleep, 2))
    assert time.monotonic() - started < 60


ABANDONED = """
import os, sys, time
from sparring.bench._pool import each_once

def stay(folder):
    open(os.path.join(folder, str(os.getpid())), "w").close()
    time.sleep(600)

if __name__ == "__main__":
    list(each_once([sys.argv[1]] * 2, lambda trial: None, stay, 2))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc which processes live")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_one_that_began_it(tmp_path: Path, how: signal.Signals) -> None:
    """Or it would go on with files that the same command, run again, writes as well."""
    script, folder = tmp_path / "abandoned.py", tmp_path / "pids"
    script.write_text(ABANDONED)
    folder.mkdir()
    with subprocess.Popen([sys.executable, str(script), str(folder)]) as begun:
        until = time.monotonic() + 120
        while len(pids := [int(path.name) for path in folder.iterdir()]) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        assert len(pids) == 2
        begun.send_signal(how)
    until = time.monotonic() + 30
    while any(_lives(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.1)
    left = [pid for pid in pids if _lives(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def _lives(pid: int) -> bool:
    """Whether a process is there and not one that has ended and waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
