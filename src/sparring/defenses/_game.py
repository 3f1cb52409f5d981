"""A classifier in training as a game of one player, whose attacker lives inside its loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sparring.core.group import Group, one_process
from sparring.core.mirror import Mirror
from sparring.core.seeds import Streams, child_seed, index_keys
from sparring.defenses._round import Round
from sparring.defenses.base import Defense
from sparring.games import Batch, Game, Turn
from sparring.threats import Threat
from sparring.types import Images

PLAYER = "classifier"


class DefenseGame(Game):
    """One player, the classifier; its loss is the mean of the defense's over the batch.

    `sample` (m, *chw) is a few images on which the mirror is checked; `size` is that of the data set. `prepared` is
    what the defense made before.
    """

    def __init__(
        self,
        net: nn.Module,
        defense: Defense,
        threat: Threat,
        classes: int,
        sample: Images,
        size: int,
        prepared: dict[str, Tensor] | None = None,
        precision: str = "float32",
        group: Group | None = None,
    ) -> None:
        super().__init__({PLAYER: net})
        self.defense, self.threat, self.classes = defense, threat, classes
        self.prepared = prepared or {}
        self.replays = defense.replays
        if defense.carries:
            shape = (size, *sample.shape[1:])
            self.memory["carried"] = torch.zeros(shape, dtype=torch.int8, device=sample.device)
            self.memory["reach"] = torch.zeros(size, device=sample.device)
        self._net, self._group = net, group or one_process()
        self._mirror = Mirror(net, sample, torch.bfloat16 if precision == "bfloat16" else torch.float32)

    def turns(self, batch: Batch) -> Sequence[Turn]:
        """Return the classifier's only turn."""
        figures: dict[str, Tensor] = {}

        def loss() -> Tensor:
            self._mirror.refresh()
            keys = index_keys(batch.index, child_seed(batch.seed, self.defense.name()))
            play = Round(
                batch, self._net, self._mirror, self.threat, self.classes, Streams(keys), self.prepared, self.memory,
                figures, self._group.gather,
            )  # fmt: skip
            with torch.enable_grad():
                return self.defense.loss(play).mean()

        return [Turn(PLAYER, loss, figures, batch.weight)]
