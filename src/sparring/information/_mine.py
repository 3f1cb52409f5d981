"""Mutual information of two arrays, by the bound of Donsker and Varadhan over bridges that can be seen across."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.core.bound import corrected_loss, donsker_varadhan, log_mean_exp
from sparring.core.seeds import child_seed
from sparring.errors import InputError
from sparring.information._scores import NormalScores
from sparring.information._statistic import Statistics, points, shares

PARTS = (0.7, 0.8)
"""Up to the first share of the samples nets are trained, up to the second they are chosen by; the rest is measured."""
LOOKS, STRANGERS, FEWEST, RECENT = 20, 4, 200, 3
"""Looks at the middle part in a training; partners of others for each measured sample; samples at least; and weights
are averaged over a third of the steps, since the noise of every weight raises E e^T, and lowers what is told.
"""


@dataclass(frozen=True)
class Information:
    """What one array says of the other.

    Fields:
        nats: the estimate, of held-out samples.
        interval: its 95 % interval, over samples, for the nets as they are.
        terms: what each bridge adds, from whole pairs to strangers.
        n: held-out samples.
        step: of the nets that were chosen.
    """

    nats: float
    interval: tuple[float, float]
    terms: tuple[float, ...]
    n: int
    step: int

    @property
    def bits(self) -> float:
        """The estimate in bits."""
        return self.nats / math.log(2)

    @property
    def bridges(self) -> int:
        """On how many bridges; one is plain MINE."""
        return len(self.terms)


def mine(
    x: Tensor,
    y: Tensor,
    *,
    bridges: int = 8,
    steps: int = 2000,
    batch_size: int = 512,
    width: int = 64,
    lr: float = 3e-3,
    seed: int = 0,
    progress: Callable[[int, float], None] | None = None,
) -> Information:
    """Estimate the mutual information of paired rows x (n, a) and y (n, b), on samples that the nets have not seen.

    I = E log p(x, y) / p(x) p(y) = Σ_k E log p_k / p_(k+1), the expectation over pairs, p_k the law of (x, α_k y +
    √(1 − α_k²) y'), y' of another pair and α from 1 to 0. log p_k / p_(k+1) is T_k − log E_(p_(k+1)) e^T_k of the net
    that makes E_(p_k) T_k − log E_(p_(k+1)) e^T_k large, with MINE's corrected gradient (G28).

    **With one bridge this is MINE**, a lower bound, but for noise. From n samples it cannot tell more than about
    log n nats, and it is all noise long before: 20 normal pairs correlated at 0.9 would take e^33 samples. Short
    bridges are seen across from few samples, whatever the sum is; the sum is an estimate, and no bound.

    Args:
        x, y: any numbers; columns become normal scores of their ranks, which changes no information. Classes as columns
            of 0 and 1.
        bridges: ≥ 1, about one for two nats that you expect. Of columns of few values one, as a mixture of two partners
            is none of these; nor are bridges of use where rows lie on a curved surface.
        steps: ≥ 20, of Adam, whose rate falls in a line to 0, weights averaged over the last third. Of 20 looks on the
            way at samples that are not trained on the best counts; after six without a better one it ends.
        batch_size: ≥ 2 pairs a step.
        width: ≥ 1, units of both hidden layers; squares and products of columns are given to the nets beside.
        lr: > 0.
        progress: is told how many looks are done, and the sum of the bounds at the last.

    Returns: Information.

    Raises: InputError for arrays that are no pairs of rows of finite numbers, fewer than 200, or numbers out of range.

    Cost: at the defaults and 40 columns about two minutes of one core. Of 20 normal pairs correlated at 0.9, 16.61
    nats, it told 16.57 of 400,000 samples, and 0.2 too little of 120,000 in 600 steps: noise that nets learn lowers it.
    So does what they do not learn, of which the interval says nothing: four pairs of 2.04 nats, bent (sinh x, y + y³)
    and their columns mixed, gave 1.63 on six bridges.

    Source: Belghazi et al. 2018, arXiv 1801.04062, algorithm 1; bridges: Rhodes, Xu and Gutmann 2020, arXiv 2006.12204,
    sections 3 and 4; what a bound can tell: McAllester and Stratos 2020, arXiv 1811.04251. **Differs**: bridges are
    told apart by MINE's bound and not by a logistic loss; normal scores; points made white; quadratic terms in T.

    >>> x = torch.randn(400, 1, generator=torch.Generator().manual_seed(0))
    >>> mine(x, x.flip(0), bridges=1, steps=20, batch_size=64).nats < 0.2
    True
    """
    x, y = (_rows(each, name) for each, name in ((x, "x"), (y, "y")))
    if len(x) != len(y) or len(x) < FEWEST:
        raise InputError(f"expected as many rows of x and y, at least {FEWEST}, got {len(x)} and {len(y)}")
    if bridges < 1 or steps < LOOKS or batch_size < 2 or width < 1 or not lr > 0:
        raise InputError(
            f"expected bridges >= 1, steps >= {LOOKS}, batch_size >= 2, width >= 1 and lr > 0, got {bridges}, {steps}, "
            f"{batch_size}, {width} and {lr}"
        )
    _check_values(x, y, bridges)
    draw = torch.Generator().manual_seed(child_seed(seed, "mine"))
    order = torch.randperm(len(x), generator=draw)
    cuts = [int(share * len(x)) for share in PARTS]
    seen = [NormalScores(rows[order[: cuts[0]]]) for rows in (x, y)]
    learned, chosen, held = (
        (seen[0](x[part]), seen[1](y[part])) for part in (order[: cuts[0]], order[cuts[0] : cuts[1]], order[cuts[1] :])
    )
    alpha = shares(bridges)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(child_seed(seed, "statistics"))
        first = _ends(*learned, alpha, torch.randperm(len(learned[0]), generator=draw)[:4096], draw)
        net = Statistics(first, width)
    step = _train(net, learned, chosen, alpha, steps, min(batch_size, len(learned[0])), lr, draw, progress)
    return _measured(net, *held, alpha, step, draw)


def _ends(x: Tensor, y: Tensor, alpha: Tensor, rows: Tensor, draw: torch.Generator) -> Tensor:
    """Return the points at both ends of each bridge, (bridges, 2 n, d), the near ends first."""
    stranger = y[torch.randint(len(y), (len(rows),), generator=draw)]
    found = points(x[rows], y[rows], stranger, alpha)
    return torch.cat([found[:-1], found[1:]], 1)


def _train(
    net: Statistics,
    learned: tuple[Tensor, Tensor],
    chosen: tuple[Tensor, Tensor],
    alpha: Tensor,
    steps: int,
    size: int,
    lr: float,
    draw: torch.Generator,
    progress: Callable[[int, float], None] | None,
) -> int:
    """Make the bounds large; leave the average of weights that was best at a look, and return its step."""
    mean = copy.deepcopy(net).requires_grad_(False)
    adam = torch.optim.Adam(net.parameters(), lr, fused=True)
    memory = torch.full((len(alpha) - 1,), -math.inf)
    best, kept, at, every = -math.inf, net.state_dict(), 0, steps // LOOKS
    for step in range(steps):
        adam.param_groups[0]["lr"] = lr * (1 - step / steps)
        rows = torch.randint(len(learned[0]), (size,), generator=draw)
        ours, others = net(_ends(*learned, alpha, rows, draw)).split(size)
        loss, memory = corrected_loss(ours, others, memory)
        adam.zero_grad()
        torch.autograd.backward(loss.sum())
        adam.step()
        for slow, fast in zip(mean.parameters(), net.parameters(), strict=True):
            slow.lerp_(fast.detach(), max(1 / (step + 1), RECENT / steps))
        if (step + 1) % every == 0:
            bound = _bound(mean, *chosen, alpha)
            if bound > best:
                best, at = bound, step + 1
                kept = {name: value.clone() for name, value in mean.state_dict().items()}
            if progress is not None:
                progress((step + 1) // every, bound)
            if step + 1 - at >= 6 * every:
                break
    net.load_state_dict(kept)
    return at


@torch.no_grad()
def _bound(net: Statistics, x: Tensor, y: Tensor, alpha: Tensor) -> float:
    """Return the sum of the bounds of all bridges, always with the same partners."""
    draw = torch.Generator().manual_seed(0)
    ours, others = net(_ends(x, y, alpha, torch.arange(len(x)), draw)).chunk(2)
    return float(donsker_varadhan(ours, others).sum())


@torch.no_grad()
def _measured(net: Statistics, x: Tensor, y: Tensor, alpha: Tensor, step: int, draw: torch.Generator) -> Information:
    every = torch.arange(len(x))
    others = torch.cat([net(_ends(x, y, alpha, every, draw))[len(x) :] for _ in range(STRANGERS)]).double()
    level = log_mean_exp(others)
    pairs = torch.cat([x, y], 1).expand(len(alpha) - 1, -1, -1)
    ratios = net(pairs).double() - level
    noise = ratios.sum(1).var() / len(x) + ((others - level).exp().var(0) / len(x)).sum()
    nats, reach = float(ratios.sum(1).mean()), 1.96 * float(noise.sqrt())
    return Information(nats, (nats - reach, nats + reach), tuple(ratios.mean(0).tolist()), len(x), step)


def _check_values(x: Tensor, y: Tensor, bridges: int) -> None:
    """Refuse to mix partners that are made of few values: no mixture is one of these, so no bridge reaches a pair."""
    for name, rows in (("x", x), ("y", y)):
        counts = [len(torch.unique(column)) for column in rows.unbind(1)] if bridges > 1 else []
        few = [count for count in counts if 1 < count < len(rows) / 2]
        if few:
            raise InputError(
                f"expected columns of {name} whose values seldom come twice for bridges > 1, got one with {few[0]} "
                f"values in {len(rows)} rows: use bridges=1"
            )


def _rows(values: Tensor, name: str) -> Tensor:
    """Return an array as rows of numbers."""
    rows = torch.as_tensor(values).detach().cpu().double()
    rows = rows.reshape(len(rows), -1) if rows.ndim else rows.new_zeros(0, 0)
    if not rows.numel() or not bool(rows.isfinite().all()):
        raise InputError(f"expected finite rows (n, d) as {name}, got shape {tuple(torch.as_tensor(values).shape)}")
    return rows
