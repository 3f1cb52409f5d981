"""The seeds of a small GAN trained as one game: as many nets side by side, each on batches and codes of its own."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.games import Batch, Feed, Game, Turn
from sparring.gan import Gan
from sparring.modes._stack import can_stack, stack, unstack

APART = 1 << 40
"""Between the places in the data that samples of two seeds draw their codes by."""


class SeedsFeed(Feed):
    """A feed for each seed, in an order of its own; a batch holds as many rows of each, one seed after the other.

    Rows of a seed draw the same codes alone and in any company. Of a batch, those of each that make no whole pack of
    `pack` are left out.
    """

    def __init__(
        self, data: Dataset, batch_size: int, seeds: Sequence[int], pack: int = 1, device: str | torch.device = "cpu"
    ) -> None:
        super().__init__(data, batch_size, child_seed(seeds[0], "order"), device=device)
        self.seeds, self.pack = tuple(seeds), pack
        others = [Feed(data, batch_size, child_seed(seed, "order"), device=device) for seed in seeds[1:]]
        for feed in others:
            feed.pixels, feed.labels = self.pixels, self.labels
        self.others = others

    def batch(self, number: int, *, round_: int, share: float = 0.0, replay: int = 0) -> Batch:
        """Return batch `number` of every seed, as one."""
        parts = [super().batch(number, round_=round_, share=share, replay=replay)]
        parts += [feed.batch(number, round_=round_, share=share, replay=replay) for feed in self.others]
        kept = len(parts[0].x) // self.pack * self.pack
        return dataclasses.replace(
            parts[0],
            x=torch.cat([part.x[:kept] for part in parts]),
            y=None,
            index=torch.cat([part.index[:kept] + APART * seed for seed, part in zip(self.seeds, parts, strict=True)]),
            seed=child_seed(0, f"round {round_}"),
        )


class Together(Game):
    """The game of S GANs whose nets are stacked.

    A loss is a mean over the rows of all, which has a gradient of 1/S of each one's own; it is taken S times. Adam
    and RMSProp move each weight by itself, so that nothing passes from one seed to another.

    >>> from sparring.registry import parse
    >>> game = Together(parse("gan(nets=dense(latent=2, hidden=(8,)))"), (2,), [0, 1])
    >>> game.players["generator"](torch.zeros(6, 2)).shape
    torch.Size([6, 2])
    """

    def __init__(
        self, gan: Gan, shape: tuple[int, ...], seeds: Sequence[int], data: Dataset | None = None,
        place: str | torch.device = "cpu",
    ) -> None:  # fmt: skip
        games = [gan.game(*gan.build(shape, seed=seed, data=data)) for seed in seeds]
        self.inner, self.count, self.single = games[0], len(seeds), dict(games[0].players)
        whole = {name: stack([each.players[name] for each in games]).to(place) for name in self.single}
        for name, module in list(vars(self.inner).items()):
            for player, before in self.single.items():
                if module is before:
                    setattr(self.inner, name, whole[player])
        self.inner.players = whole
        super().__init__(whole)
        self.memory, self.replays = self.inner.memory, self.inner.replays

    def turns(self, batch: Batch) -> Sequence[Turn]:
        """Return the turns of the game, each loss S times."""
        return [
            dataclasses.replace(
                turn,
                loss=functools.partial(_times, turn.loss, self.count),
                whole=None if turn.whole is None else functools.partial(_times, turn.whole, self.count),
            )
            for turn in self.inner.turns(batch)
        ]

    def alone(self, player: str, place: int, whole: nn.Module | None = None) -> nn.Module:
        """Return the net of one seed, by its place among the seeds; of `whole`, such as an average, in place of it."""
        return unstack(self.players[player] if whole is None else whole, place, self.single[player])


def _times(loss: Callable[[], Tensor], count: int) -> Tensor:
    return count * loss()


BY_ROWS = (
    "principal_axes", "packing", "instance_noise", "weight_clipping", "r1", "r2", "wgan_gp", "ali", "infogan", "lfvi",
    "veegan",
)  # fmt: skip
"""Tricks, penalties and ways to infer codes that do to a row, or to a weight, what they do to it alone, or nothing once
nets are built."""


def fits_together(gan: Gan, shape: tuple[int, ...]) -> bool:
    """Say whether seeds of a GAN can be trained as one: its nets are linear layers, and nothing mixes a batch.

    >>> from sparring.gan import recipe
    >>> fits_together(recipe("gan(nets=dense())"), (2,)), fits_together(recipe("dcgan"), (1, 8, 8))
    (True, False)
    """
    parts = (*gan.tricks, *gan.penalties, *(() if gan.inference is None else (gan.inference,)))
    if gan.conditional or gan.together or any(part.name() not in BY_ROWS for part in parts):
        return False
    return all(map(can_stack, gan.build(shape)))
