"""The smallest game there is, min over x of max over y of x · y, by four rules: one runs away, one stands, two arrive.

Its only equilibrium is (0, 0). Every GAN and every adversarial training is a game like this one, with more weights.
"""

import torch
from torch import nn

from sparring.games import FunctionGame, Player, Table
from sparring.games.alternating import Alternating
from sparring.games.extragradient import Extragradient
from sparring.games.optimistic import Optimistic
from sparring.games.simultaneous import Simultaneous


def distance(rule: Simultaneous | Alternating | Extragradient | Optimistic, rounds: int, lr: float = 0.1) -> float:
    """Return how far from the equilibrium a rule ends that starts at (1, 1)."""
    x, y = nn.ParameterList([torch.ones(())]), nn.ParameterList([torch.ones(())])
    game = FunctionGame({"x": x, "y": y}, {"x": lambda: x[0] * y[0], "y": lambda: -x[0] * y[0]})
    table = Table({name: Player(each, torch.optim.SGD(each.parameters(), lr)) for name, each in game.players.items()})
    for _ in range(rounds):
        rule.play(table, game, [None] * rule.batches)  # type: ignore[list-item]  # this game needs no data
    return float((x[0] ** 2 + y[0] ** 2).detach().sqrt())


if __name__ == "__main__":
    for rule in (Simultaneous(), Alternating(), Extragradient(), Optimistic()):
        ends = [distance(rule, rounds) for rounds in (10, 100, 1000)]
        print(f"{rule!s:<14} after 10, 100 and 1000 rounds: " + ", ".join(f"{end:.3g}" for end in ends) + " away")
