"""The trials of a bench, each once: what ended before is read, the rest is run, in several processes if wanted."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeAlias, TypeVar

from sparring.errors import InputError

Record: TypeAlias = dict[str, Any]
T = TypeVar("T")


def each_once(
    todo: Sequence[T], known: Callable[[T], Record | None], run: Callable[[T], Record], processes: int
) -> Iterator[tuple[T, Record]]:
    """Yield every trial with its record: first those that ended in an earlier call, then each as it ends.

    `known` says what a trial has given before, or None; `run` is sent to other processes where there are several.

    Raises: InputError when a process is killed; what had ended by then is known to the next call. When this process is
    killed, the others end too.
    """
    left = []
    for trial in todo:
        before = known(trial)
        if before is None:
            left.append(trial)
        else:
            yield trial, before
    if processes == 1 or len(left) < 2:
        for trial in left:
            yield trial, run(trial)
        return
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(min(processes, len(left)), multiprocessing.get_context("spawn"), _follow)
    ended = False
    try:
        under_way = {pool.submit(run, trial): trial for trial in left}
        for future in as_completed(under_way):
            yield under_way[future], future.result()
        ended = True
    except BrokenProcessPool:
        raise InputError(
            "expected every process to live, got one that was killed: the same command goes on, best with fewer "
            "--processes"
        ) from None
    finally:
        for worker in () if ended else multiprocessing.active_children():
            if worker not in others:  # its trial is of no use to this call, and can be gone on with in the next
                worker.terminate()
        pool.shutdown(cancel_futures=True)


def _follow() -> None:
    """End this process as soon as the one that began it does: the same command, run again, has the files to itself."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
