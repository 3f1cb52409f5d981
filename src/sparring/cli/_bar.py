"""Progress with the figure that matters: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


class Bar:
    """A progress bar for one piece of work; use it as a context manager and call `advance`."""

    def __init__(self, title: str, total: int, *, quiet: bool = False) -> None:
        self._title, self._total, self._done = title, total, 0
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._live = self._console.is_terminal and not quiet
        self._last_line = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TaskProgressColumn(show_speed=True),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figure]}"),
            console=self._console,
            transient=False,
        )

    def __enter__(self) -> Bar:
        if self._live:
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=self._total, figure="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._bar.stop()

    def advance(self, count: int, figure: str = "", total: int | None = None) -> None:
        """Say that `count` more are done, and how the figure stands; `total` corrects how much there is to do."""
        self._done, self._total = self._done + count, self._total if total is None else total
        if self._live:
            self._bar.update(self._task, advance=count, total=self._total, figure=figure)
        elif not self._quiet and (self._done >= self._total or time.monotonic() - self._last_line > 10):
            self._last_line = time.monotonic()
            print(f"{self._title}: {self._done}/{self._total} {figure}".rstrip(), file=sys.stderr, flush=True)
