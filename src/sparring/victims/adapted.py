"""A victim whose gradients come from another view of it than its own answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import nn

from sparring.core.frozen import frozen
from sparring.core.twin import fast_twin
from sparring.types import Classifier, Images, Logits
from sparring.victims.base import Access, Victim, rejects_of
from sparring.victims.torch import PROBES, logits_of


class Adapted(Victim):
    """A classifier attacked through a view of it; every success is confirmed by the `judge`.

    `owner` is the user's model, frozen while in use; `judge` says what counts, images (n, *chw) → scores (n, k);
    `view` gives gradients, and a fast twin is made of it; `around` is what is put around the twin, such as averaging.
    With less `access` the view is asked for scores or labels alone, and may be a cheaper vote than the judge's.
    What the judge does not confirm is not tried again on it: it has no better gradient to offer.
    """

    def __init__(
        self,
        owner: Classifier,
        judge: Classifier,
        view: Classifier,
        *,
        around: Callable[[Classifier], nn.Module] | None = None,
        fast: bool = True,
        access: Access = "gradient",
    ) -> None:
        self.access, self.model, self.checks, self.repairs = access, judge, 0, False
        self.rejects = rejects_of(owner)
        self.owner, self.view, self.around, self.fast = owner, view, around, fast
        self._twins: dict[bool, Classifier] = {}

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze the user's model for the time of the block, and leave no mark on it."""
        with frozen(self.owner):
            yield

    def answer(self, x: Images) -> Logits:
        """Return what the judge says."""
        return logits_of(self.model, x)

    def swift(self, x: Images, logits: Logits, *, exact: bool) -> Classifier:
        """Return the view's fast twin, with what is around it; made and checked at the first call."""
        if exact not in self._twins:
            twin = self.view
            if self.fast:
                twin, passes = fast_twin(self.view, x[:PROBES], logits_of(self.view, x[:PROBES]), exact=exact)
                self.checks += passes * len(x[:PROBES])
            self._twins[exact] = twin if self.around is None else self.around(twin)
        return self._twins[exact]
