"""A classifier behind HTTP: batches, patience, a rate, a budget, and books that add up."""

from __future__ import annotations

import email.utils
import random
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from sparring.errors import InputError, missing_extra
from sparring.types import Images
from sparring.victims.answers import Answer, Answers, keys_of
from sparring.victims.base import Access
from sparring.victims.description import Description, with_environment
from sparring.victims.messages import as_sent, encoded, fill, reach, read, steps_of
from sparring.victims.queries import QueryLedger

if TYPE_CHECKING:
    import httpx

LONGEST_WAIT = 600.0
"""Seconds; a server that asks for more patience is told of instead of waited for."""
AGAIN = (408, 425, 429)
"""Refusals that pass; so do all of 500 and above."""


class Endpoint:
    """What an HTTP endpoint says, as a callable from images (n, *chw) to scores (n, k) or labels (n,).

    `ledger` has the books: every image sent is answered, refused (429, 5xx) or lost (no response: a timeout, a
    dropped connection), and only answers are used. What failed is tried again, after a pause that doubles, with
    jitter from a seeded generator, or as long as the server's Retry-After asks. An image that was answered before,
    by its very pixels, is not sent again.

    Raises: InputError when all attempts failed, for any other refusal, and for a response that the description does
    not fit; OutOfQueries when the budget cannot pay for all new images of a call, of which none is sent then.

    Cost: one query for each new image, and one for each that was sent in vain.
    """

    def __init__(
        self,
        about: Description,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            import httpx
        except ImportError:
            raise missing_extra("httpx", "http") from None
        self.about = about
        self.access: Access = "decision" if about.returns in ("labels", "names") else "scores"
        self._secrets: set[str] = set()
        self._url = with_environment(about.url, f"url {about.url}", self._secrets)
        headers = {
            name: with_environment(text, f"the header {name}", self._secrets) for name, text in about.headers.items()
        }
        book = None if about.ledger is None else Path(about.ledger)
        self.ledger = QueryLedger(book, limit=about.max_queries, price=about.cost_per_query)
        kept = None if about.cache in (None, True, False) else Path(about.cache)
        self._answers = None if about.cache is False else Answers(kept)
        self._path = steps_of(about.response)
        self._sleep, self._clock, self._next = sleep, clock, 0.0
        self._random = random.Random(about.seed)
        self._client = httpx.Client(timeout=about.timeout_s, headers=headers)
        self._lost: type[Exception] = httpx.RequestError
        weakref.finalize(self, self._client.close)

    def __repr__(self) -> str:
        return f"Endpoint({self.about.url})"

    def __call__(self, x: Images) -> Tensor:
        """Return scores (n, k), or labels (n,) under access "decision"."""
        sent = as_sent(x, self.about.encoding)
        keys = keys_of(sent, self.about.identity)
        self.ledger.asked += len(keys)
        if self._answers is None:
            found = self._send(sent)
        else:
            known = self._answers.get(keys)
            # By its key, so that an image that comes twice in a call is sent once.
            new = {key: row for row, key in enumerate(keys) if key not in known}
            self.ledger.cached += len(keys) - len(new)
            known |= dict(zip(new, self._send(sent[list(new.values())], list(new)), strict=True))
            found = [known[key] for key in keys]
        if self.access == "decision":
            return torch.tensor(found, dtype=torch.float64)[:, 0].long()
        if len({len(answer) for answer in found}) > 1:
            raise InputError(f"expected as many scores for every image from {self.about.url}, got several numbers")
        return torch.tensor(found, dtype=torch.float64)

    def _send(self, sent: Tensor, keys: list[bytes] | None = None) -> list[Answer]:
        """Return the answers to images, batch by batch, each kept under its key as soon as it is there."""
        self.ledger.need(len(sent))
        found: list[Answer] = []
        for start in range(0, len(sent), self.about.batch):
            part = sent[start : start + self.about.batch]
            answers = self._ask([encoded(image, self.about.encoding) for image in part])
            if keys is not None and self._answers is not None:
                self._answers.put(keys[start : start + len(part)], answers)
            found += answers
        return found

    def _ask(self, images: list[Any]) -> list[Answer]:
        body = fill(self.about.request, images)
        why = ""
        for attempt in range(1, self.about.retries + 2):
            self._keep_rate()
            request = self.ledger.open(len(images), attempt=attempt)
            pause = self.about.backoff_s * 2 ** (attempt - 1) * (0.5 + self._random.random())
            try:
                response = self._client.request(self.about.method, self._url, json=body)
            except self._lost as error:  # no one knows whether it was answered
                request.close("lost")
                why = type(error).__name__
            except BaseException:  # a Ctrl-C while it was on its way
                request.close("lost")
                raise
            else:
                if response.is_success:
                    request.close("answered", response.status_code)
                    return self._read(response, len(images))
                request.close("refused", response.status_code)
                why = f"status {response.status_code}"
                if response.status_code not in AGAIN and response.status_code < 500:
                    words = self._hidden(" ".join(response.text.split()))[:200]
                    raise InputError(f"expected an answer from {self.about.url}, got {why}: {words or 'no words'}")
                pause = max(pause, self._asked_to_wait(response))
            if attempt <= self.about.retries:
                self._wait(pause)
        raise InputError(
            f"expected an answer from {self.about.url}, got {why} at the last of {self.about.retries + 1} attempts "
            f"({self.ledger.now.answered} images were answered before): see whether it is up, or allow more retries"
        )

    def _read(self, response: httpx.Response, count: int) -> list[Answer]:
        try:
            body = response.json()
        except ValueError:
            words = self._hidden(" ".join(response.text.split()))[:60]
            raise InputError(f"expected JSON from {self.about.url}, got {words!r}") from None
        found = reach(body, self._path)
        answers: Sequence[Any] = [found] if self.about.single and not _is_batch(found, self.about.returns) else found
        if not isinstance(answers, list) or len(answers) != count:
            got = f"{len(answers)}" if isinstance(answers, list) else type(answers).__name__
            raise InputError(f"expected {count} answers, one an image, from {self.about.url}, got {got}")
        return [read(each, self.about.returns, self.about.names, self.about.count) for each in answers]

    def _keep_rate(self) -> None:
        if self.about.rate_per_s is None:
            return
        now = self._clock()
        if self._next > now:
            self._wait(self._next - now)
        self._next = max(self._next, now) + 1 / self.about.rate_per_s

    def _asked_to_wait(self, response: httpx.Response) -> float:
        """Return the seconds of Retry-After, which are a number or a date."""
        text = response.headers.get("Retry-After", "").strip()
        if not text:
            return 0.0
        try:
            seconds = float(text)
        except ValueError:
            try:
                seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
            except ValueError:
                return 0.0
        if seconds > LONGEST_WAIT:
            raise InputError(
                f"expected an answer from {self.about.url} soon, got Retry-After {seconds:.0f} s: "
                "run the same command again then; with a cache nothing is asked twice"
            )
        return max(0.0, seconds)

    def _wait(self, seconds: float) -> None:
        self.ledger.waited += seconds
        self._sleep(seconds)

    def _hidden(self, text: str) -> str:
        """Return a text of the server's without the secrets it may repeat."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _is_batch(found: Any, returns: str) -> bool:
    """Say whether the answer to a single image came as a list of one answer."""
    if not isinstance(found, list) or len(found) != 1:
        return False
    return returns in ("labels", "names") or isinstance(found[0], list | dict)
