"""Train the seeds of a GAN on data, as one game where its nets allow it, and hand back a generator each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from torch import nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.games import Game, Plan, Table
from sparring.games import train as play
from sparring.gan import Gan
from sparring.gan.game import GENERATOR
from sparring.gan.nets import Generator
from sparring.modes._together import SeedsFeed, Together, fits_together

Look = Callable[[int, Sequence[Generator]], None]
"""Called with the images each seed has seen, and the generators of the seeds that are trained at the time."""


@dataclass(frozen=True, eq=False)
class Played:
    """What came out: a generator a seed, in eval mode, the average of its weights where one is kept; the `seconds` that
    all took; and whether they were trained as one game.
    """

    generators: list[Generator]
    seconds: float
    together: bool


def play_seeds(
    gan: Gan,
    data: Dataset,
    seeds: Sequence[int],
    *,
    images: float,
    folder: Path | None = None,
    looks: int = 20,
    look: Look | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Played:
    """Train a GAN with several seeds on the same data, each on `images` of it; killed, the same call goes on.

    Nets of linear layers are trained side by side as one game, which gives each seed what it would get alone to
    rounding, in little more than the time of one; others one after the other.

    Raises: InputError for no seeds, too few images, or losses that are not finite.

    Cost: that of the GAN's rounds on S batches at once.

    >>> from sparring.registry import parse
    >>> import torch
    >>> unit = parse("gan(nets=dense(latent=2, hidden=(8,)), batch_size=8)")
    >>> played = play_seeds(unit, Dataset(torch.rand(64, 2)), [0, 1], images=64)
    >>> len(played.generators), played.together
    (2, True)
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"expected seeds, each once, got {list(seeds)}")
    each = min(gan.batch_size, len(data)) * gan.rule.batches
    if not images >= each:
        raise InputError(f"expected at least one round of {each} images, got {images}")
    rounds, together = math.ceil(images / each), fits_together(gan, data.shape)
    groups = [list(seeds)] if together else [[seed] for seed in seeds]
    generators: list[Generator] = []
    seconds = 0.0
    for group in groups:
        game: Game
        if together:
            both = Together(gan, data.shape, group, data)
            game, table = both, gan.table(both.inner)
        else:
            solo = gan.game(*gan.build(data.shape, seed=group[0], data=data))
            game, table = solo, gan.table(solo)

        def found(table: Table, game: Game = game, group: list[int] = group) -> list[Generator]:
            player = table.players[GENERATOR]
            module: nn.Module = player.module if player.average is None else player.average.module
            nets = (
                [game.alone(GENERATOR, i, module) for i in range(len(group))]
                if isinstance(game, Together)
                else [module]
            )
            return [cast(Generator, net.eval()) for net in nets]

        def seen(table: Table, found: Callable[[Table], list[Generator]] = found) -> dict[str, float]:
            if look is not None:
                look(table.images, found(table))
            return {}

        place = None if folder is None else folder if together else folder / f"seed-{group[0]}"
        feed = SeedsFeed(data, gan.batch_size, group, gan.pack)
        pulse = max(1, rounds // 100)
        tell = None if progress is None else lambda record: progress(int(record["round"]), int(record["of"]))
        plan = Plan(rounds, group[0], max(1, rounds // looks), seen, pulse=pulse, progress=tell)
        files = play(game, gan.rule, table, feed, plan, place)
        seconds += files.seconds
        generators += found(table)
    return Played(generators, round(seconds, 3), together)
