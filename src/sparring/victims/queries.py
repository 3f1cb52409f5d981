"""The books of a victim that is asked over a wire: what was sent, what came back, what was lost, what it cost."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sparring.errors import InputError
from sparring.victims.base import OutOfQueries

Outcome: TypeAlias = Literal["answered", "refused", "lost"]
"""The answer came; the server said no (429, 5xx); or nothing came back, and no one knows what the server did."""


@dataclasses.dataclass
class Totals:
    """Images, but for `requests` and `retries`: sent = answered + refused + lost, whatever happens."""

    requests: int = 0
    retries: int = 0
    sent: int = 0
    answered: int = 0
    refused: int = 0
    lost: int = 0

    def add(self, images: int, attempt: int, outcome: Outcome) -> None:
        """Count one request."""
        self.requests += 1
        self.retries += attempt > 1
        self.sent += images
        setattr(self, outcome, getattr(self, outcome) + images)


class QueryLedger:
    """Counts every image that leaves for a victim, in all attempts, and holds the sum to a hard limit.

    With a `path` every request is a line of JSON there, written before it leaves and again when it is over: a
    process killed in between leaves a request that counts as lost. What the file holds from earlier runs counts
    towards `limit` (images sent in all), and is told apart in the summary. `price` is the cost of one image.

    >>> ledger = QueryLedger(limit=5, price=0.01)
    >>> ledger.open(3, attempt=1).close("answered", status=200)
    >>> ledger.left(), ledger.summary()["cost"]
    (2, 0.03)
    """

    def __init__(self, path: Path | None = None, *, limit: int | None = None, price: float = 0.0) -> None:
        self.path, self.limit, self.price = path, limit, price
        self.before, self.now = Totals(), Totals()
        self.asked = self.cached = 0
        self.waited = 0.0
        self.cut = False
        self._number = 0
        if path is not None and path.exists():
            self._read(path)

    def left(self) -> int | None:
        """Return how many images may still be sent, None for any number."""
        return None if self.limit is None else max(0, self.limit - self.before.sent - self.now.sent)

    def need(self, images: int) -> None:
        """Refuse to begin what cannot be paid for.

        Raises: OutOfQueries, for good: the run has ended then, with what it has.
        """
        left = self.left()
        if left is not None and images > left:
            self.cut = True
            raise OutOfQueries(f"{left} of max_queries = {self.limit} left for {images} more")

    def open(self, images: int, *, attempt: int) -> Request:
        """Enter a request that is about to leave; count it when it is over."""
        self.need(images)
        self._number += 1
        self._write({"event": "send", "id": self._id(self._number), "time": round(time.time(), 3), "images": images})
        return Request(self, self._number, images, attempt)

    def end(self, request: Request, outcome: Outcome, status: int | None) -> None:
        """Enter what became of a request."""
        self.now.add(request.images, request.attempt, outcome)
        self._write(
            {
                "event": "end",
                "id": self._id(request.number),
                "images": request.images,
                "attempt": request.attempt,
                "outcome": outcome,
                "status": status,
                "seconds": round(time.perf_counter() - request.began, 4),
                "cost": request.images * self.price if outcome == "answered" else 0.0,
            }
        )

    def summary(self) -> dict[str, Any]:
        """Return the figures of this run, what came before it, and the cost: paid for sure, and at the most.

        Images that were lost may have been charged: `cost` is of those answered, `cost_at_most` of both.
        """
        return {
            "asked": self.asked,
            "from_cache": self.cached,
            "unanswered": self.asked - self.cached - self.now.answered,
            **dataclasses.asdict(self.now),
            "sent_before": self.before.sent,
            "max_queries": self.limit,
            "budget_ended_it": self.cut,
            "cost": round(self.now.answered * self.price, 9),
            "cost_at_most": round((self.now.answered + self.now.lost) * self.price, 9),
            "seconds_waited": round(self.waited, 3),
        }

    def __str__(self) -> str:
        """Return the summary as one line."""
        total = self.now
        parts = [
            f"{self.asked} images asked, {self.cached} from the cache",
            f"{total.sent} sent in {total.requests} requests ({total.retries} retries)",
            f"{total.answered} answered, {total.refused} refused, {total.lost} lost",
        ]
        if self.limit is not None:
            parts.append(f"{self.left()} of {self.limit} left")
        if self.price:
            costs = self.summary()
            parts.append(f"cost {costs['cost']:g} to {costs['cost_at_most']:g}")
        return "; ".join(parts)

    @staticmethod
    def _id(number: int) -> str:
        """Return a name that two processes with one file do not share."""
        return f"{os.getpid()}-{number}"

    def _write(self, record: dict[str, Any]) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def _read(self, path: Path) -> None:
        """Add up what earlier runs have left; a torn last line is of a request that never left."""
        waiting: dict[str, int] = {}
        for line in path.read_text().splitlines():
            try:
                record = json.loads(line)
                name, images = str(record["id"]), int(record["images"])
                number = int(name.rpartition("-")[2])
                if record["event"] == "send":
                    waiting[name] = images
                else:
                    waiting.pop(name, None)
                    self.before.add(images, int(record["attempt"]), record["outcome"])
            except json.JSONDecodeError:
                continue
            except (KeyError, TypeError, ValueError, AttributeError):
                raise InputError(f"expected the ledger of an endpoint in {path}, got {line[:60]!r}") from None
            self._number = max(self._number, number)
        for images in waiting.values():
            self.before.add(images, 1, "lost")
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            with path.open("a") as file:
                file.write("\n")  # so that the next line is one of its own


@dataclasses.dataclass
class Request:
    """A request on its way, which its sender closes."""

    ledger: QueryLedger
    number: int
    images: int
    attempt: int
    began: float = dataclasses.field(default_factory=time.perf_counter)

    def close(self, outcome: Outcome, status: int | None = None) -> None:
        """Say what became of it."""
        self.ledger.end(self, outcome, status)
