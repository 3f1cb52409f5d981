"""The bookkeeping of every attack, in one place: what was tried, what it cost, and the best of it.

An attack asks for passes at images of its choice. The search runs them on samples that are not done, counts them,
stops at the budget, judges every image and keeps the best: attacks stay pure algorithm.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from sparring.attacks._objectives import Objective, folded, margin
from sparring.attacks._valid import as_eight_bit, inside, usable
from sparring.attacks._views import View
from sparring.core.seeds import Streams
from sparring.threats.base import Threat
from sparring.types import Classifier, Images, Labels, Logits, Mask, Scores
from sparring.victims.base import Ledger, draws_of
from sparring.victims.torch import jacobian, logits_of, value_and_gradient


class Finished(Exception):
    """No sample is left to work on: all succeeded, gave up, or ran out of passes. The driver catches it."""


class Search:
    """One attack's search over one batch.

    Read by attacks: `x` (n, *chw) the originals, `labels`, `targets` (n,) or None, `threat`, `classes`, `n`,
    `streams` (per-sample random numbers), `active` (n,) samples still worth a pass, `rows` (m,) the samples of the
    pass being made (for objectives with constants of their own a sample), `strongest` the image closest to success,
    or, for minimal attacks, the nearest success yet, be it inside ε or not.
    Set by attacks that want more than the class: `goal`, positive where an image is a success.

    All tensors keep the full batch: a done sample's row in an answer is zero and costs no pass.
    """

    def __init__(
        self,
        model: Classifier,
        x: Images,
        labels: Labels,
        targets: Labels | None,
        threat: Threat,
        ledger: Ledger,
        streams: Streams,
        *,
        classes: int,
        minimal: bool,
        active: Mask,
        early_stop: bool = True,
        budget: int | None = None,
        eight_bit: bool = False,
        confirm: Classifier | None = None,
    ) -> None:
        self.x, self.labels, self.targets, self.threat = x, labels, targets, threat
        self.streams, self.classes, self.n = streams, classes, len(x)
        self.active, self.success = active.clone(), torch.zeros_like(active)
        self.flat, self.refuted = torch.zeros_like(active), torch.zeros_like(active)
        self.images, self.strongest = x.clone(), x.clone()
        self.distance = torch.full((len(x),), torch.inf, dtype=torch.float64, device=x.device)
        self.nearest, self.margin = self.distance.clone(), -self.distance
        self.goal: Objective = margin
        self.rows = torch.arange(len(x), device=x.device)
        self.answers = torch.zeros(len(x), classes + 1, dtype=x.dtype, device=x.device)  # one more for a refusal
        self.minimal, self.early_stop, self.on_twin = minimal, early_stop, confirm is not None
        self._model, self._ledger, self._confirm = model, ledger, confirm
        self._draws, self._eight_bit, self._budget = draws_of(model), eight_bit, budget

    # What attacks ask for.

    def logits(self, x: Images) -> Logits:
        """Return logits (n, k) at images x; 1 forward a sample."""
        rows = self._payers(1)
        z = self._seen(x, rows)
        logits = logits_of(self._model, z)
        self._ledger.add(rows, forwards=self._draws)
        self._observe(z, logits, rows)
        return self._spread(self._joint(logits, rows), rows)

    def gradient(self, x: Images, loss: Objective, targets: Labels | None = None) -> tuple[Scores, Images]:
        """Return the loss (n,) at images x and its gradient (n, *chw); 1 forward and 1 backward a sample.

        `targets` stands in for the search's own, for attacks that aim at classes of their choice.
        """
        _, values, gradient = self.look(x, loss, targets)
        return values, gradient

    def look(
        self, x: Images, loss: Objective, targets: Labels | None = None, view: View | None = None
    ) -> tuple[Logits, Scores, Images]:
        """Return logits, loss and gradient at images x; 1 forward and 1 backward a sample.

        A `view` is shown in their place and the gradient pulled back through it: that look judges no image.
        """
        rows = self._payers(2)
        z, (labels, aims) = self._seen(x, rows), self._goals(rows, targets)
        model: Classifier = self._model if view is None else lambda images: self._model(view(images))
        logits, values, gradient = value_and_gradient(model, z, lambda out: loss(self._joint(out, rows), labels, aims))
        self._ledger.add(rows, forwards=self._draws, backwards=self._draws)
        gradient, flat = usable(gradient)
        self.flat[rows] |= flat
        if view is None:
            self._observe(z, logits, rows)
        logits = self._joint(logits, rows)
        return self._spread(logits, rows), self._spread(values, rows), self._spread(gradient, rows)

    def jacobian(self, x: Images, directions: Tensor) -> tuple[Logits, Tensor]:
        """Return logits (n, k) and gradients (n, m, *chw) of m weightings (n, m, k) of them; 1 forward, m backwards."""
        count = directions.shape[1]
        rows = self._payers(1 + count)
        z = self._seen(x, rows)
        logits, gradients = jacobian(self._model, z, self._take(directions, rows), lambda out: self._joint(out, rows))
        self._ledger.add(rows, forwards=self._draws, backwards=count * self._draws)
        gradients, flat = usable(gradients)
        self.flat[rows] |= flat
        self._observe(z, logits, rows)
        return self._spread(self._joint(logits, rows), rows), self._spread(gradients, rows)

    def reached(self, logits: Logits) -> Mask:
        """Say which samples have what the attacker wants by these logits (n, k)."""
        return self.goal(logits, self.labels, self.targets) > 0

    def drop(self, samples: Mask) -> None:
        """Spend no more passes on these samples: the attack has nothing left to try on them."""
        self.active &= ~samples

    @contextmanager
    def among(self, samples: Mask) -> Iterator[None]:
        """Spend the passes of this block on these samples alone; the others wait for its end.

        When none of them is left the block is over, which ends the attack only if no one waits.
        """
        waiting = self.active & ~samples
        self.active &= samples
        try:
            yield
        except Finished:
            if not bool(waiting.any()):
                raise
        finally:
            self.active |= waiting

    # Bookkeeping.

    def _payers(self, cost: int) -> Tensor:
        """Return rows that are active and can pay, a look by the model itself kept back; others are done (T37)."""
        if self._budget is not None:
            broke = self._ledger.spent() + cost * self._draws + self.on_twin > self._budget
            self.active &= ~broke.to(self.active.device)
        rows = self.active.nonzero()[:, 0]
        if len(rows) == 0:
            raise Finished
        self.rows = rows
        return rows

    def _take(self, values: Tensor, rows: Tensor) -> Tensor:
        return values if len(rows) == self.n else values[rows]

    def _goals(self, rows: Tensor, targets: Labels | None = None) -> tuple[Labels, Labels | None]:
        """Return the labels of these rows and what is aimed at, if anything."""
        aims = self.targets if targets is None else targets
        return self._take(self.labels, rows), None if aims is None else self._take(aims, rows)

    def _joint(self, logits: Logits, rows: Tensor) -> Logits:
        """Return logits (m, k) by which to fool a model that may refuse too: its refusal counts for the label (T42)."""
        return logits if logits.shape[1] == self.classes else folded(logits, self._take(self.labels, rows))

    def _spread(self, values: Tensor, rows: Tensor) -> Tensor:
        if len(rows) == self.n:
            return values
        full = torch.zeros(self.n, *values.shape[1:], dtype=values.dtype, device=values.device)
        full[rows] = values
        return full

    def _seen(self, x: Images, rows: Tensor) -> Images:
        """Return what the model is shown: the image, or what an 8-bit file of it would hold."""
        z = self._take(x, rows)
        return as_eight_bit(self.threat, self._take(self.x, rows), z) if self._eight_bit else z

    def _inside(self, rows: Tensor, z: Images) -> Mask:
        return inside(self.threat, self.x[rows], z, eight_bit=self._eight_bit)

    def _observe(self, z: Images, logits: Logits, rows: Tensor) -> None:
        """Judge the images a pass was made on, success first (T17, T18)."""
        keep = self._keep_nearest if self.minimal else self._keep_strongest
        keep(z, logits, self.goal(self._joint(logits, rows), *self._goals(rows)), rows)

    def _keep_nearest(self, z: Images, logits: Logits, margins: Scores, rows: Tensor) -> None:
        hit = (margins > 0).nonzero()[:, 0]
        if len(hit) == 0:
            return
        where, found = rows[hit], z[hit]
        distance = self.threat.distance(found.double() - self.x[where].double())
        closer = distance < self.nearest[where]
        self.strongest[where[closer]], self.nearest[where[closer]] = found[closer], distance[closer]
        self.margin[where[closer]] = margins[hit][closer].to(self.margin.dtype)
        # Judged apart: a channel may have an ε of its own, so the nearest is not always the one inside.
        better = (distance < self.distance[where]) & self._inside(where, found)
        self._accept(where[better], found[better], logits[hit[better]])

    def _keep_strongest(self, z: Images, logits: Logits, margins: Scores, rows: Tensor) -> None:
        margins = margins.double()
        better = (margins > self._take(self.margin, rows)).nonzero()[:, 0]
        self.strongest[rows[better]], self.margin[rows[better]] = z[better], margins[better]
        hit = ((margins > 0) & ~self._take(self.success, rows)).nonzero()[:, 0]
        hit = hit[self._inside(rows[hit], z[hit])] if len(hit) else hit
        if len(hit) == 0:
            return
        where, found, answers = rows[hit], z[hit], logits[hit]
        if self._confirm is not None:
            where, found, answers = self._confirmed(self._confirm, where, found)
            self.refuted[rows[hit]] = True
            self.refuted[where] = False
        self._accept(where, found, answers)
        if self.early_stop:
            self.active[where] = False

    def _confirmed(self, model: Classifier, where: Tensor, z: Images) -> tuple[Tensor, Images, Logits]:
        """Return what the user's own model agrees to, with its logits; 1 forward a claim."""
        answers = logits_of(model, z)
        self._ledger.add(where, forwards=draws_of(model))
        self.rows = where
        agreed = self.goal(self._joint(answers, where), *self._goals(where)) > 0
        return where[agreed], z[agreed], answers[agreed]

    def _accept(self, where: Tensor, found: Images, answers: Logits) -> None:
        self.images[where], self.success[where] = found, True
        self.distance[where] = self.threat.distance(found.double() - self.x[where].double())
        self.answers[where, : answers.shape[1]] = answers.to(self.answers.dtype)

    # The last word, asked for by `settle`.

    def reset_outside(self) -> None:
        """Put back the strongest images that an attack took outside: judged once, as most never count."""
        outside = ~inside(self.threat, self.x, self.strongest, eight_bit=self._eight_bit) & torch.isfinite(self.margin)
        self.strongest[outside], self.margin[outside] = self.x[outside], -torch.inf

    def confirm(self, model: Classifier, samples: Mask, images: Images) -> None:
        """Show images of these samples to the user's own model, as far as they can pay; keep what it agrees to."""
        rows = samples.nonzero()[:, 0]
        if self._budget is not None:
            rows = rows[(self._ledger.spent()[rows.cpu()] < self._budget).to(rows.device)]
        z = self._seen(images, torch.arange(self.n, device=rows.device))[rows]
        held = self._inside(rows, z)
        if bool(held.any()):
            self._accept(*self._confirmed(model, rows[held], z[held]))
