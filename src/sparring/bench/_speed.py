"""The speed row: the same forty steps by the bare loop, by sparring without its twin, and with it."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from sparring.attacks import attack
from sparring.bench._plain import plain_pgd
from sparring.bench.problems import problem
from sparring.registry import parse
from sparring.types import Images, Labels

PROBLEM = "fashion-resnet"
STILL = 1e-9
"""An ε at which no answer changes, so that nobody stops early and all make the same passes."""


@dataclass(frozen=True)
class Speed:
    """What PGD costs against the bare loop, at the same passes, and how strong it is.

    Fields: `steps`, `n` images in one batch, `rounds`, `threads` of torch, `load` of the machine just before (its
    average over a minute; the bench's own work before is in it); seconds of each way, the median over rounds; `ratio`
    and `ratio_twin`, medians of the ratios to the bare loop within a round, without and with the twin; `robust`, for
    each threat in Linf the robust accuracy under the bare loop, sparring without and with the twin.
    """

    steps: int
    n: int
    rounds: int
    threads: int
    load: float
    seconds_plain: float
    seconds: float
    seconds_twin: float
    ratio: float
    ratio_twin: float
    robust: dict[str, tuple[float, float, float]]


def speed(
    *, steps: int = 40, n: int = 250, rounds: int = 5, eps: tuple[float, ...] = (0.1, 10 / 255), seed: int = 0
) -> Speed:
    """Time PGD three ways in turn, round after round, and compare how many images stand.

    The ways alternate, and ratios are taken within a round, so a machine that slows down slows all three. All is
    inside the clock: looking at the images first and last (in the bare loop too), making the twin, confirming.

    Cost: rounds · 3 · (steps forwards and backwards + 2 forwards) and the strength at each ε.
    """
    ready = problem(PROBLEM).make(n, seed, limited=False)
    net, x, y = ready.net, ready.x, ready.y
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0
    ways = _ways(net, x, y, steps, seed)
    times: list[tuple[float, ...]] = []
    for _ in range(rounds):
        seconds = []
        for way in ways:
            started = time.perf_counter()
            way(STILL)
            seconds.append(time.perf_counter() - started)
        times.append(tuple(seconds))
    plain, exact, twin = (statistics.median(column) for column in zip(*times, strict=True))
    strength = {}
    for value in eps:
        a, b, c = (way(value) for way in ways)
        strength[str(parse(f"linf({value!r})", "threat"))] = (a, b, c)
    return Speed(
        steps, len(x), rounds, torch.get_num_threads(), load, plain, exact, twin,
        statistics.median(row[1] / row[0] for row in times), statistics.median(row[2] / row[0] for row in times),
        strength,
    )  # fmt: skip


def _ways(net: nn.Module, x: Images, y: Labels, steps: int, seed: int) -> list[Callable[[float], float]]:
    """Return the bare loop, sparring without and with the twin: ε → robust accuracy."""

    def plain(eps: float) -> float:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            with torch.no_grad():
                right = net(x).argmax(1) == y
            z = plain_pgd(net, x, y, eps, steps, 2.5 * eps / steps)
            with torch.no_grad():
                return float((right & (net(z).argmax(1) == y)).double().mean())

    def ours(fast: bool) -> Callable[[float], float]:
        def run(eps: float) -> float:
            found = attack(
                net, x, y, f"pgd(steps={steps})", f"linf({eps!r})", seed=seed, fast=fast, batch_size=len(x),
            )  # fmt: skip
            return found.robust_accuracy

        return run

    return [plain, ours(False), ours(True)]
