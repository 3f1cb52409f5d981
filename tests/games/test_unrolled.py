"""Looking k steps ahead on min max xy: the circle is damped, by a matrix that is known; and no step is taken."""

from __future__ import annotations

import gc

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.games import FunctionGame, Player, Table
from sparring.registry import parse


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("eta", [0.1, 0.3])
def test_the_path_is_that_of_the_matrix(bilinear, eta, k):
    """x' = x − η y, then y' = y + η (x' − 2 k η y), of determinant 1 − 2 k η²: −x_k y has two parts."""
    toy = bilinear(eta)
    path = toy.path(parse(f"unrolled(k={k})"), 40)
    move = torch.tensor([[1, -eta], [eta, 1 - eta**2 - 2 * k * eta**2]], dtype=torch.float64)
    assert float(torch.linalg.det(move)) == pytest.approx(1 - 2 * k * eta**2)
    torch.testing.assert_close(path[1:], path[:-1] @ move.T, rtol=1e-12, atol=1e-14)
    assert toy.asked == 40 * (k + 2)


def test_it_goes_to_the_middle_where_alternating_goes_round(bilinear):
    far = {}
    for rule in ("alternating", "unrolled(k=5)"):
        path = bilinear(0.1).path(parse(rule), 200)
        far[rule] = float(path[-1].norm() / path[0].norm())
    assert far["alternating"] > 0.8
    assert far["unrolled(k=5)"] < 1e-4  # (1 − 2 k η²)^(200 / 2) is 2.7e-5


def test_no_steps_ahead_are_alternating(bilinear):
    """G24: to the bit."""
    paths = [bilinear(0.2).path(parse(rule), 50) for rule in ("alternating", "unrolled(k=0)")]
    assert torch.equal(*paths)
    with pytest.raises(InputError, match="k >= 0 steps"):
        parse("unrolled(k=-1)")


def three(make):
    """Three players of one number each, whose losses all depend on all, in float64."""
    a, b, c = (nn.ParameterList([torch.tensor(at, dtype=torch.float64)]) for at in (0.5, -0.8, 0.3))
    losses = {
        "a": lambda: (a[0] - b[0].sin()) ** 2 + a[0] * c[0],
        "b": lambda: (a[0] * b[0]).exp() + b[0] ** 2,
        "c": lambda: (a[0] + c[0] * b[0]) ** 3,
    }
    players = {"a": a, "b": b, "c": c}
    table = Table({name: Player(each, make(each.parameters())) for name, each in players.items()})
    return FunctionGame(players, losses), table


@pytest.mark.parametrize(
    "make",
    [
        lambda own: torch.optim.SGD(own, lr=0.1, momentum=0.9),
        lambda own: torch.optim.Adam(own, lr=0.1, betas=(0.5, 0.9)),
        lambda own: torch.optim.RMSprop(own, lr=0.05, alpha=0.8),
    ],
    ids=["sgd", "adam", "rmsprop"],
)
def test_the_slope_is_that_of_differences(make):
    """G24: of each other player's loss after four real steps of the first, by torch's own optimizer, in a copy."""
    game, table = three(make)
    parse("unrolled(k=4)").play(table, game, [None])
    asked = {name: table.parameters(name)[0].grad.item() for name in "bc"}

    def after(name, shift):
        other, copy = three(make)
        turns = {turn.player: turn for turn in other.turns(None)}
        for number in range(5):
            if number == 1:  # the first has moved, and the others look ahead from here
                with torch.no_grad():
                    if name == "c":  # b has moved as well
                        other.players["b"][0].copy_(table.parameters("b")[0])
                    other.players[name][0].add_(shift)
            copy.gradient(turns["a"])
            copy.step("a")
        return turns[name].loss()

    for name in "bc":
        difference = (after(name, 1e-5) - after(name, -1e-5)).item() / 2e-5
        assert asked[name] == pytest.approx(difference, rel=1e-6)
        again, copy = three(make)
        copy.gradient(again.turns(None)[0])
        copy.step("a")
        copy.gradient({turn.player: turn for turn in again.turns(None)}[name])
        assert abs(asked[name] - copy.parameters(name)[0].grad.item()) > 1e-3  # to look ahead is to see something else


def test_nothing_is_left_of_the_steps():
    """G24: no graph in a gradient, no tensor more after ten rounds than after two."""
    game, table = three(lambda own: torch.optim.Adam(own, lr=0.01))

    def count():
        gc.collect()
        return sum(type(each) in (torch.Tensor, nn.Parameter) for each in gc.get_objects())

    counts = []
    for rounds in (2, 8):
        for _ in range(rounds):
            parse("unrolled(k=3)").play(table, game, [None])
        assert not any(each.module[0].grad.requires_grad for each in table.players.values())
        table.told()
        counts.append(count())
    assert counts[0] == counts[1]
