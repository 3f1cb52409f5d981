"""Fast adaptive boundary attack: from boundary to boundary, always drawn back toward the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.attacks._balls import into_ball
from sparring.attacks._hyperplane import nearest_boundary, over_hyperplane, rivals
from sparring.attacks._objectives import margin
from sparring.attacks._search import Search
from sparring.attacks._segment import LOOKS, finish
from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import _column
from sparring.types import Images, Mask, Scores


@dataclass(frozen=True)
class FAB(Attack):
    """Iterate z ← (1 − α)(z + η d(z)) + α (x + η d(x)), d(p) the shortest way in the box from p to the boundary.

    The boundary is that of f = z_j − z_y, linearized where the model was last looked at, for the class j whose boundary
    is nearest (for a target t, f = z_t − max_{j≠t} z_j); α = min(‖d(z)‖ / (‖d(z)‖ + ‖d(x)‖), α_max). What fools the
    model goes back to x + β (z − x). At the end the nearest image found is moved back along its segment to x.

    Fields: `steps` ≥ 1 a run; `restarts` ≥ 1 runs, the first from x, the others from within half of ε or of the
    nearest success; `targets` ≥ 0: 0 weighs all wrong classes at each step, k > 0 goes for each of the k most likely
    in turn (FAB-T); `alpha_max` in [0, 1]; `eta` η ≥ 1; `beta` β in (0, 1). With a finite ε a sample is done once it is
    broken inside it; for its smallest change leave ε out, or early stop.

    Cost: restarts · (steps · (1 forward, k − 1 backwards) + 1 forward) + 9 forwards for k classes; with `targets`, that
    many times restarts · (steps · (1 forward, 1 backward) + 1 forward) + 9 forwards.

    Source: Croce and Hein 2020, arXiv 1907.02044, Alg. 1; FAB-T: arXiv 2003.01690, sec. 5. **Differs**: one forward a
    step for two: the slope is taken at the image that is judged, before it goes back by β, not after; which boundary
    is nearest is told inside the box; later runs start from Gaussian noise cut to half of ε; the search on the last
    segment is a secant of 8 looks for 3 halvings.

    >>> import sparring
    >>> sparring.parse("fab(targets=9)").passes(classes=10)
    1818
    """

    minimal = True
    norms = ("linf", "l2", "l1")
    free_threat = "l2(inf)"
    cites = ("croce2020fab", "croce2020")
    steps: int = 100
    restarts: int = 1
    targets: int = 0
    alpha_max: float = 0.1
    eta: float = 1.05
    beta: float = 0.9

    def __post_init__(self) -> None:
        if self.steps < 1 or self.restarts < 1 or self.targets < 0:
            raise InputError(
                "expected steps >= 1, restarts >= 1 and targets >= 0, "
                f"got {self.steps}, {self.restarts} and {self.targets}"
            )
        if not 0 <= self.alpha_max <= 1 or not self.eta >= 1 or not 0 < self.beta < 1:
            raise InputError(
                "expected alpha_max between 0 and 1, eta >= 1 and beta between 0 and 1, "
                f"got {self.alpha_max}, {self.eta} and {self.beta}"
            )

    def passes(self, classes: int) -> int:
        wrong = classes - 1
        runs, slopes = (min(self.targets, wrong), 1) if self.targets else (1, wrong)
        return 1 + runs * self.restarts * (self.steps * (1 + slopes) + 1) + LOOKS

    def run(self, search: Search) -> None:
        for boundaries in self._aims(search):
            for restart in range(self.restarts):
                seen = _near(search) if restart else search.x
                for _ in range(self.steps):
                    hit, gaps, gradients = _linearize(search, seen, boundaries)
                    self._drop_done(search)
                    z = torch.where(_column(hit, seen), search.x + self.beta * (seen - search.x), seen)
                    gaps = gaps - (gradients * (z - seen)[:, None]).flatten(2).sum(2)
                    seen = self._step(search, z, gaps, gradients)
                search.logits(seen)  # the last step is looked at too (T19)
                self._drop_done(search)
        finish(search, search.strongest, torch.isfinite(search.nearest))

    def _drop_done(self, search: Search) -> None:
        """Let go of samples broken within a finite ε: nobody asked for how near."""
        if search.threat.bounded and search.early_stop:
            search.drop(search.success)

    def _aims(self, search: Search) -> Sequence[Tensor | None]:
        """Return what each run goes over: boundaries (n, m, k) as weights of logits, or None for that of a target."""
        if search.targets is not None:
            return [None]
        count = self.targets or search.classes - 1
        wrong = rivals(search.logits(search.x), search.labels, count)
        return [each[:, None] for each in wrong.unbind(1)] if self.targets else [wrong]

    def _step(self, search: Search, z: Images, gaps: Tensor, gradients: Tensor) -> Images:
        """Return z moved over the nearest boundary, drawn toward the point of it that is nearest to x."""
        x, threat = search.x, search.threat
        # A boundary behind z is met by going against its slope.
        side = torch.where(gaps < 0, -1, 1).to(z.dtype)
        gap, slope = nearest_boundary(threat, z, gaps.abs(), gradients * side.view(*side.shape, *[1] * (x.ndim - 1)))
        behind = gap - (slope * (x - z)).flatten(1).sum(1)  # the gap seen from x
        way = slope * _column(torch.where(behind < 0, -1, 1), x).to(z.dtype)
        from_z = over_hyperplane(threat, z, slope, gap) - z
        from_x = over_hyperplane(threat, x, way, behind.abs()) - x
        near, far = threat.distance(from_z), threat.distance(from_x)
        share = (near.clamp_min(1e-8) / (near.clamp_min(1e-8) + far)).clamp_max(self.alpha_max)
        alpha = _column(share, x)
        return threat.clip(x, (1 - alpha) * (z + self.eta * from_z) + alpha * (x + self.eta * from_x))


def _linearize(search: Search, z: Images, boundaries: Tensor | None) -> tuple[Mask, Tensor, Tensor]:
    """Return who is adversarial at z, and for each boundary the gap −f(z) (n, m) and the slope ∇f(z) (n, m, *chw)."""
    if boundaries is None:
        logits, values, gradient = search.look(z, margin)
        return search.reached(logits), -values[:, None], gradient[:, None]
    logits, gradients = search.jacobian(z, boundaries)
    return search.reached(logits), -(boundaries * logits[:, None]).sum(2), gradients


def _near(search: Search) -> Images:
    """Return a random image within half of ε, or of the nearest success, whichever is smaller."""
    x, threat = search.x, search.threat
    low, high = threat.limits(x)
    noise = (high - low) * search.streams.normal(tuple(x.shape[1:]), x.dtype)
    radius: Scores = search.nearest.clamp_max(threat.radius) / 2
    return into_ball(threat, x, x + noise, radius)
