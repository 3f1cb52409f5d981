"""A victim that only says its label, with books that hold it to a hard limit and a memory of what was paid for."""

from __future__ import annotations

from pathlib import Path

import torch

from sparring.types import Images, Labels
from sparring.victims.answers import Answers, keys_of
from sparring.victims.base import Victim
from sparring.victims.queries import QueryLedger

BATCH = 200
"""Images a request: what a kill in between can lose."""


class Oracle:
    """What a victim calls each image, for an attacker who sees nothing else: every new image is one query.

    `ledger` counts images and holds them to its limit, over all runs that share `folder`; what was answered before is
    taken from there and never asked again. `identity` tells victims apart in that memory. Without a folder the books
    end with the process. Use it inside `with victim.frozen():`.

    Raises: OutOfQueries when the limit cannot pay for all new images of a call, of which none is asked then.

    >>> from sparring.victims.black_box import BlackBox
    >>> victim = BlackBox(lambda x: (x.mean(1) > 0.5).long(), "decision", classes=2)
    >>> oracle = Oracle(victim, limit=3)
    >>> oracle(torch.tensor([[0.2], [0.9], [0.2]])).tolist(), oracle.ledger.left()
    ([0, 1, 0], 1)
    """

    def __init__(
        self,
        victim: Victim,
        *,
        limit: int | None = None,
        folder: Path | None = None,
        book: str = "queries.jsonl",
        identity: str = "",
    ) -> None:
        self.victim, self.identity = victim, identity
        self.ledger = QueryLedger(None if folder is None else folder / book, limit=limit)
        self._answers = Answers(None if folder is None else folder / "answers.sqlite")

    def affords(self, x: Images) -> int:
        """Return how many of these images, from the first on, the books can still pay for."""
        left = self.ledger.left()
        if left is None:
            return len(x)
        keys = keys_of(x, self.identity)
        known = set(self._answers.get(keys))
        for count, key in enumerate(keys):
            left -= key not in known
            known.add(key)
            if left < 0:
                return count
        return len(keys)

    def __call__(self, x: Images) -> Labels:
        """Return labels (n,)."""
        keys = keys_of(x, self.identity)
        known = self._answers.get(keys)
        # By its key, so that an image that comes twice in a call is asked once.
        new = {key: row for row, key in enumerate(keys) if key not in known}
        self.ledger.asked += len(keys)
        self.ledger.cached += len(keys) - len(new)
        self.ledger.need(len(new))
        names, rows = list(new), list(new.values())
        for start in range(0, len(rows), BATCH):
            part = slice(start, start + BATCH)
            request = self.ledger.open(len(rows[part]), attempt=1)
            try:
                labels = self.victim.answer(x[rows[part]]).argmax(1).tolist()
            except BaseException:  # a Ctrl-C as well: it was on its way
                request.close("lost")
                raise
            answers = [[float(label)] for label in labels]
            self._answers.put(names[part], answers)
            request.close("answered")
            known |= dict(zip(names[part], answers, strict=True))
        return torch.tensor([int(known[key][0]) for key in keys])
