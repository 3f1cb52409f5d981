"""The mean of where a player has been, and a game that settles."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.games import FunctionGame, Player, Table
from sparring.games.simultaneous import Simultaneous
from sparring.gan._moment import Moment
from sparring.registry import parse


def test_it_is_the_distance_from_the_mean_of_all_before(batch):
    net, memory, unit = nn.Linear(3, 2), {}, parse("historical_averaging(weight=0.5)")
    past = []
    for _ in range(4):
        now = torch.cat([p.detach().flatten() for p in net.parameters()])
        got = unit.extra(net, Moment(batch(torch.zeros(1, 1)), "generator", memory=memory))
        want = 0.5 * (now - torch.stack(past).mean(0)).square().sum() if past else torch.zeros(())
        torch.testing.assert_close(got.detach(), want)
        past.append(now)
        (slope,) = torch.autograd.grad(got, net.bias)
        mean = torch.stack(past[:-1] or [now]).mean(0)
        torch.testing.assert_close(slope, (now - mean)[-2:], rtol=1e-4, atol=1e-6)
        with torch.no_grad():
            net.weight.add_(torch.randn(2, 3))
            net.bias.add_(1.0)


def test_players_have_means_of_their_own_and_one_can_be_left_free(batch):
    net, memory = nn.Linear(1, 1), {}
    for player in ("generator", "discriminator"):
        now = Moment(batch(torch.zeros(1, 1)), player, memory=memory)
        assert (parse("historical_averaging(player='generator')").extra(net, now) is None) == (player != "generator")
        parse("historical_averaging").extra(net, now)
    assert {name.split("/")[1] for name in memory} == {"generator", "discriminator"}


@pytest.mark.parametrize("weight", [0.0, 0.3])
def test_a_game_that_goes_round_settles(batch, weight):
    """min max x y with gradient steps of both at once: it spirals out without, and in with it (section 3.3)."""
    x, y = nn.ParameterList([torch.tensor(0.7)]), nn.ParameterList([torch.tensor(-0.4)])
    memory: dict = {}
    unit = parse(f"historical_averaging(weight={weight or 1})")

    def loss(sign, own, player):
        def value():
            extra = unit.extra(own, Moment(batch(torch.zeros(1, 1)), player, memory=memory))
            return sign * x[0] * y[0] + (extra if weight else 0)

        return value

    game = FunctionGame({"x": x, "y": y}, {"x": loss(1, x, "generator"), "y": loss(-1, y, "discriminator")})
    table = Table({name: Player(m, torch.optim.SGD(m.parameters(), lr=0.1)) for name, m in game.players.items()})
    start = 0.7**2 + 0.4**2
    for _ in range(150):
        Simultaneous().play(table, game, [None])
    end = (x[0] ** 2 + y[0] ** 2).item()
    assert end < 0.2 * start if weight else end > 2 * start
