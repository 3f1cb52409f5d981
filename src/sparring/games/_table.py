"""The table at which a game is played: every player's optimizer, and the only place where weights move."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sparring.core.average import Average
from sparring.core.group import Group, one_process
from sparring.errors import InputError
from sparring.games.base import Turn

Schedule = Callable[[float], float]
"""From the share of the training that is done, in [0, 1], to a factor on the learning rate."""
PACED, SECOND = 10, 2
"""Of so many rounds this one measures how far players move: the copy costs less than a hundredth of a round. Rates that
are too high show best in the first rounds, but not in the very first, when optimizers warm up and weights are clipped.
"""


class NotFinite(InputError):
    """A loss, a gradient or a weight is not finite; the message names the round and the tensor (G36)."""


@dataclass(frozen=True, eq=False)
class Player:
    """A module that moves: its optimizer, its learning rate over time, and, if wanted, the average of its weights."""

    module: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Schedule | None = None
    average: Average | None = None


class Table:
    """Players at a game, their gradients and moves. Rules call it; losses never see it.

    With several processes each one's gradient is that of its part of the batch, and all are added up in one flat
    tensor, weighed by the size of the parts: the sum is the gradient of the whole batch.
    """

    def __init__(self, players: Mapping[str, Player], group: Group | None = None, precision: str = "float32") -> None:
        self.players = dict(players)
        self.memory: dict[str, Tensor] = {}
        self.figures: dict[str, list[Tensor]] = {}
        self.images = 0
        self.round = 0
        self.group, self.precision = group or one_process(), precision
        self._rates = {
            name: [group["lr"] for group in player.optimizer.param_groups] for name, player in self.players.items()
        }

    def parameters(self, player: str) -> list[nn.Parameter]:
        """Return what a player may move."""
        groups = self.players[player].optimizer.param_groups
        return [parameter for group in groups for parameter in group["params"]]

    def gradient(self, turn: Turn, loss_of: Callable[[], Tensor] | None = None) -> Tensor:
        """Put the gradient of a turn's loss on its player's weights, and on no one else's (G12); return the loss.

        `loss_of` is asked in the place of the turn's own loss, by a rule that knows better what the player wants.

        Raises: NotFinite when the loss or a gradient is not, naming the round and the tensor (G36).
        """
        own = self.parameters(turn.player)
        for parameter in own:
            parameter.grad = None
        with self._only(turn.player), torch.enable_grad():
            with self._autocast():
                loss = (loss_of or turn.loss)()
            loss.float().backward(inputs=own)  # type: ignore[no-untyped-call]
        self._add_up(own, turn.weight)
        self._check(turn, loss)
        self.figures.setdefault(f"{turn.player}_loss", []).append(loss.detach().float())
        self.figures.setdefault(f"{turn.player}_slope", []).append(_length(own))
        for name, value in turn.figures.items():
            self.figures.setdefault(name, []).append(value.detach().float())
        return loss.detach()

    def step(self, player: str) -> None:
        """Move a player by its gradient, under its learning rate of the moment."""
        with self._pacing(player):
            self.players[player].optimizer.step()

    @contextlib.contextmanager
    def _pacing(self, player: str) -> Iterator[None]:
        """Once in PACED rounds tell how far a step goes, as the figure `{player}_pace`.

        ‖Δw‖ / ‖w‖ over the player's matrices and kernels; gains and biases begin at 1 or 0, whatever the scale of the
        weights is.
        """
        if self.round % PACED != SECOND:
            yield
            return
        own = self.parameters(player)
        weights = [each.detach() for each in own if each.ndim > 1] or [each.detach() for each in own]
        before = [each.clone() for each in weights]
        length = _norm(before)
        yield
        torch._foreach_sub_(before, weights)
        self.figures.setdefault(f"{player}_pace", []).append(_norm(before) / length.clamp(min=1e-12))

    def point(self, player: str) -> list[Tensor]:
        """Return a copy of where a player stands."""
        return [parameter.detach().clone() for parameter in self.parameters(player)]

    @torch.no_grad()
    def move_to(self, player: str, point: list[Tensor]) -> None:
        """Put a player where it stood before."""
        for parameter, value in zip(self.parameters(player), point, strict=True):
            parameter.copy_(value)

    def set_rates(self, share: float, scale: float = 1.0) -> None:
        """Set every learning rate to what it is at this share of the training, times `scale`."""
        for name, player in self.players.items():
            factor = 1.0 if player.schedule is None else player.schedule(share)
            for group, rate in zip(player.optimizer.param_groups, self._rates[name], strict=True):
                group["lr"] = rate * factor * scale

    @contextlib.contextmanager
    def _only(self, mover: str) -> Iterator[None]:
        """Let the weights of one player alone ask for gradients."""
        own = {id(parameter) for parameter in self.parameters(mover)}
        every = [p for player in self.players.values() for p in player.module.parameters()]
        before = [p.requires_grad for p in every]
        try:
            for parameter in every:
                parameter.requires_grad_(id(parameter) in own)
            yield
        finally:
            for parameter, flag in zip(every, before, strict=True):
                parameter.requires_grad_(flag)

    def _autocast(self) -> contextlib.AbstractContextManager[object]:
        if self.precision == "float32":
            return contextlib.nullcontext()
        if self.precision != "bfloat16":
            raise InputError(f"expected precision float32 or bfloat16, got {self.precision!r}")
        kind = next(p.device.type for player in self.players.values() for p in player.module.parameters())
        return torch.autocast(kind, dtype=torch.bfloat16)

    def _add_up(self, parameters: list[nn.Parameter], weight: float) -> None:
        """Turn the gradient of this process's part into that of the whole batch, in one message."""
        if self.group.size == 1:
            return
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients]) * weight
        self.group.add(flat)
        for gradient, part in zip(gradients, torch.split(flat, [g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def check_weights(self) -> None:
        """Refuse to go on from weights that are not finite: they must not become the last good checkpoint (G36)."""
        for name, player in self.players.items():
            for key, parameter in player.module.named_parameters():
                if not bool(parameter.isfinite().all()):
                    raise NotFinite(
                        f"expected finite weights, got others in {key} of {name} after round {self.round}: lower lr; "
                        "the last good checkpoint is intact"
                    )

    def _check(self, turn: Turn, loss: Tensor) -> None:
        module, own = self.players[turn.player].module, self.parameters(turn.player)
        total = torch.stack([p.grad.sum() for p in own if p.grad is not None] or [torch.zeros(())]).sum()
        if bool(torch.isfinite(loss.detach()) & torch.isfinite(total)):
            return
        names = {id(parameter): name for name, parameter in module.named_parameters()}
        bad = [names.get(id(p), "a weight") for p in own if p.grad is not None and not bool(p.grad.isfinite().all())]
        where = f"the gradient of {bad[0]}" if bad else "the loss"
        raise NotFinite(
            f"expected finite losses and gradients, got {loss.item():g} as the loss of {turn.player} in round "
            f"{self.round}, first in {where}: lower lr; the last good checkpoint is intact"
        )

    @torch.no_grad()
    def close_round(self, images: int) -> None:
        """Count a round; let averages follow, and processes agree on running statistics."""
        self.round, self.images = self.round + 1, self.images + images
        for player in self.players.values():
            buffers = [each for each in player.module.buffers() if each.is_floating_point()]
            if self.group.size > 1 and buffers:
                flat = torch.cat([each.flatten() for each in buffers]) / self.group.size
                self.group.add(flat)
                for each, part in zip(buffers, torch.split(flat, [b.numel() for b in buffers]), strict=True):
                    each.copy_(part.view_as(each))
            if player.average is not None:
                player.average.follow(player.module, images)

    def told(self) -> dict[str, float]:
        """Return the means of all losses and figures since the last call."""
        means = {name: float(torch.stack(values).mean()) for name, values in self.figures.items()}
        self.figures.clear()
        return means

    def modules(self) -> dict[str, dict[str, Tensor]]:
        """Return what to keep of every player: the average of its weights, where there is one."""
        return {
            name: (player.module if player.average is None else player.average.module).state_dict()
            for name, player in self.players.items()
        }

    def state(self) -> dict[str, Any]:
        """Return all that decides how the game goes on."""
        return {
            "round": self.round,
            "images": self.images,
            "memory": self.memory,
            "players": {
                name: {
                    "module": player.module.state_dict(),
                    "optimizer": player.optimizer.state_dict(),
                    "average": None if player.average is None else player.average.state(),
                }
                for name, player in self.players.items()
            },
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take up where `state` was taken."""
        self.round, self.images = state["round"], state["images"]
        place = next((p.device for name in self.players for p in self.parameters(name)), torch.device("cpu"))
        self.memory = {name: value.to(place) for name, value in state["memory"].items()}
        for name, player in self.players.items():
            kept = state["players"][name]
            player.module.load_state_dict(kept["module"])
            player.optimizer.load_state_dict(kept["optimizer"])
            if player.average is not None:
                player.average.load(kept["average"])


def _length(parameters: list[nn.Parameter]) -> Tensor:
    """Return the length of a gradient."""
    slopes = [p.grad.float() for p in parameters if p.grad is not None]
    return _norm(slopes) if slopes else torch.zeros(())


def _norm(tensors: list[Tensor]) -> Tensor:
    """Return the length of tensors as one vector."""
    length: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors)))
    return length
