"""Players that are held near where they have been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from sparring.gan._moment import Moment
from sparring.gan.tricks.base import Trick, check_positive


@dataclass(frozen=True)
class HistoricalAveraging(Trick):
    """Add λ ‖θ − mean of past θ‖² to a player's loss, which lets games that go round in circles settle.

    Fields:
        weight: λ > 0.
        player: whom it holds.

    Cost: one pass over the weights a turn, and one more copy of them in memory.

    Source: Salimans et al. 2016, arXiv 1606.03498, section 3.3. **Differs**: nothing; the paper's λ is 1.

    >>> from sparring.games import Batch
    >>> net, moment = nn.Linear(1, 1), Moment(Batch(torch.zeros(1, 1), None, torch.arange(1), 0), "generator")
    >>> unit = HistoricalAveraging()
    >>> unit.extra(net, moment).item()
    0.0
    >>> nn.init.constant_(net.bias, net.bias.item() + 2)  # doctest: +ELLIPSIS
    Parameter containing:...
    >>> round(unit.extra(net, moment).item(), 4)
    4.0
    """

    cites = ("salimans2016",)
    weight: float = 1.0
    player: Literal["both", "discriminator", "generator"] = "both"

    def __post_init__(self) -> None:
        check_positive(self, weight=self.weight)

    def extra(self, module: nn.Module, moment: Moment) -> Tensor | None:
        """Return λ ‖θ − mean of the θ of its turns before‖², and take θ into the mean."""
        if self.player not in ("both", moment.player):
            return None
        name = f"historical_averaging/{moment.player}"
        now = torch.cat([parameter.flatten().float() for parameter in module.parameters()])
        seen = moment.memory.get(f"{name}/turns", torch.zeros((), dtype=torch.int64, device=now.device))
        mean = moment.memory.get(name, now.detach())
        moment.memory[name] = mean + (now.detach() - mean) / (seen + 1)
        moment.memory[f"{name}/turns"] = seen + 1
        return self.weight * (now - mean).square().sum()
