"""The only place where weights move: whose, by what gradient, and what stops a game."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sparring.core.average import Average
from sparring.core.group import Group
from sparring.errors import InputError
from sparring.games import Player, Table, Turn


def pair(**options):
    """Two linear players; the loss of each reads the weights of both."""
    torch.manual_seed(0)
    one, two = nn.Linear(3, 2), nn.Linear(2, 1)
    two.bias.requires_grad_(False)  # one that is not to move
    players = {
        "one": Player(one, torch.optim.SGD(one.parameters(), lr=0.5)),
        "two": Player(two, torch.optim.SGD([two.weight], lr=0.5)),
    }
    x = torch.rand(4, 3)
    return one, two, Table(players, **options), lambda: two(one(x)).square().mean()


def test_a_gradient_is_put_on_the_mover_alone():
    """G12: after one's turn the other has no gradient; after the other's turn one's is as it was."""
    one, two, table, loss = pair()
    table.gradient(Turn("one", loss))
    assert all(p.grad is not None for p in one.parameters())
    assert all(p.grad is None for p in two.parameters())
    table.step("one")
    kept = [p.grad.clone() for p in one.parameters()]
    table.gradient(Turn("two", loss))
    assert all(torch.equal(p.grad, before) for p, before in zip(one.parameters(), kept, strict=True))
    assert two.weight.grad is not None
    assert two.bias.grad is None


def test_only_the_mover_asks_for_gradients_meanwhile_and_flags_are_put_back():
    """G12: a weight that was frozen before stays so; and after an error too."""
    one, two, table, loss = pair()
    seen = []

    def looking():
        seen.append([p.requires_grad for p in (*one.parameters(), *two.parameters())])
        return loss()

    def failing():
        raise ZeroDivisionError

    table.gradient(Turn("two", looking))
    assert seen == [[False, False, True, False]]
    with pytest.raises(ZeroDivisionError):
        table.gradient(Turn("one", failing))
    assert [p.requires_grad for p in (*one.parameters(), *two.parameters())] == [True, True, True, False]


def test_how_long_the_gradient_is_is_told():
    one, _, table, loss = pair()
    want = torch.cat([slope.flatten() for slope in torch.autograd.grad(loss(), list(one.parameters()))]).norm()
    table.gradient(Turn("one", loss))
    assert table.told()["one_slope"] == pytest.approx(float(want))


def test_how_far_a_step_goes_is_told_once_in_ten_rounds():
    """‖Δw‖ / ‖w‖ of the matrix alone: a step of 0.5 along a slope of 1 everywhere, from weights of 2."""
    net = nn.Linear(3, 2)
    nn.init.constant_(net.weight, 2.0)
    table = Table({"net": Player(net, torch.optim.SGD(net.parameters(), lr=0.5))})
    for round_ in range(20):
        nn.init.constant_(net.weight, 2.0)
        table.gradient(Turn("net", lambda: net.weight.sum() + 100 * net.bias.sum()))
        table.step("net")
        assert torch.equal(net.weight, torch.full((2, 3), 1.5))
        table.close_round(1)
        assert ("net_pace" in table.figures) == (round_ >= 2)
    assert len(table.figures["net_pace"]) == 2
    assert table.told()["net_pace"] == pytest.approx(0.25)


def test_a_player_without_matrices_has_a_pace_too():
    player = nn.ParameterList([torch.tensor(4.0)])
    table = Table({"net": Player(player, torch.optim.SGD(player.parameters(), lr=1.0))})
    table.round = 2
    table.gradient(Turn("net", lambda: player[0]))
    table.step("net")
    assert table.told()["net_pace"] == 0.25


def test_the_gradient_is_that_of_the_loss_and_a_step_moves_the_mover_alone():
    one, two, table, loss = pair()
    want = torch.autograd.grad(loss(), list(one.parameters()))
    before, still = [p.detach().clone() for p in one.parameters()], [p.detach().clone() for p in two.parameters()]
    for _ in range(2):  # a second call does not add to the first
        assert table.gradient(Turn("one", loss)) == loss()
    table.step("one")
    for p, old, slope in zip(one.parameters(), before, want, strict=True):
        torch.testing.assert_close(p.grad, slope)
        torch.testing.assert_close(p.detach(), old - 0.5 * slope)
    assert all(torch.equal(p, old) for p, old in zip(two.parameters(), still, strict=True))


def test_gradients_of_two_processes_are_added_by_the_size_of_their_parts():
    """T6, G10: 3 samples here and 2 there give the gradient of the mean over 5; weights without one count as zero."""
    x, y = torch.rand(5, 3), torch.rand(5, 1)
    net = nn.Linear(3, 1)
    unused = nn.Parameter(torch.ones(2))
    players = {"net": Player(net, torch.optim.SGD([*net.parameters(), unused], lr=1.0))}
    sent: list[torch.Tensor] = []

    @dataclasses.dataclass(frozen=True)
    class Half(Group):
        size: int = 2

        def add(self, values):
            sent.append(values.clone())
            values.copy_(sum(sent))

    table = Table(players, Half())
    for rows, weight in ((slice(0, 3), 0.6), (slice(3, 5), 0.4)):
        table.gradient(Turn("net", lambda rows=rows: F.mse_loss(net(x[rows]), y[rows]), weight=weight))
    want = torch.autograd.grad(F.mse_loss(net(x), y), list(net.parameters()))
    for parameter, slope in zip(net.parameters(), want, strict=True):
        torch.testing.assert_close(parameter.grad, slope)
    assert unused.grad.tolist() == [0, 0]
    assert all(each.shape == (6,) for each in sent)  # one flat message


def test_what_is_not_finite_stops_the_game_and_is_named():
    """G36: the round and the tensor, whether the loss says so or only a gradient does."""
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    table = Table({"net": Player(net, torch.optim.SGD(net.parameters(), lr=1.0))})
    table.round = 41
    before = [p.detach().clone() for p in net.parameters()]

    def at_a_kink():
        return (net[1].weight * 0).sum().sqrt()  # 0, with slope inf · 0

    with pytest.raises(InputError, match=r"got 0 as the loss of net in round 41, first in the gradient of 1\.weight"):
        table.gradient(Turn("net", at_a_kink))
    with pytest.raises(InputError, match="got nan as the loss of net in round 41, first in the loss"):
        table.gradient(Turn("net", lambda: net[0].bias.sum() + torch.tensor(float("nan"))))
    with pytest.raises(InputError, match="got inf"):
        table.gradient(Turn("net", lambda: net[0].bias.sum() + torch.tensor(float("inf"))))
    assert all(torch.equal(p, old) for p, old in zip(net.parameters(), before, strict=True))


def test_learning_rates_follow_the_share_of_the_training():
    """From the rates at the start, not from those of the last round."""
    one, two = nn.Linear(1, 1), nn.Linear(1, 1)
    groups = [{"params": [one.weight], "lr": 0.1}, {"params": [one.bias], "lr": 0.4}]
    fading = Player(one, torch.optim.SGD(groups), lambda share: 1 - share)
    table = Table({"one": fading, "two": Player(two, torch.optim.SGD(two.parameters(), lr=3.0))})
    for share in (0.0, 0.25, 0.5):
        table.set_rates(share)
        rates = [group["lr"] for group in fading.optimizer.param_groups]
        assert rates == pytest.approx([0.1 * (1 - share), 0.4 * (1 - share)])
    assert table.players["two"].optimizer.param_groups[0]["lr"] == 3.0


def test_points_are_copies_to_go_back_to():
    one, _, table, loss = pair()
    start = table.point("one")
    table.gradient(Turn("one", loss))
    table.step("one")
    assert not torch.equal(one.weight, start[0])
    table.move_to("one", start)
    assert torch.equal(one.weight, start[0])
    assert one.weight.requires_grad


def test_half_precision_is_inside_the_loss_alone():
    one, two, table, _ = pair(precision="bfloat16")
    x, seen = torch.rand(4, 3), []

    def loss():
        seen.append(one(x))
        return two(seen[-1]).square().mean()

    table.gradient(Turn("one", loss))
    table.step("one")
    assert seen[0].dtype == torch.bfloat16
    assert one.weight.dtype == one.weight.grad.dtype == torch.float32
    assert one(x).dtype == torch.float32
    with pytest.raises(InputError, match="precision float32 or bfloat16, got 'float16'"):
        pair(precision="float16")[2].gradient(Turn("one", loss))


def test_means_of_losses_and_figures_are_told_once():
    _, two, table, _ = pair()
    for value in (1.0, 3.0):
        figures = {"lds": torch.tensor(10 * value)}
        table.gradient(Turn("two", lambda value=value: two.weight.sum() * 0 + value, figures))
    assert table.told() == {"two_loss": 2.0, "two_slope": 0.0, "lds": 20.0}
    assert table.told() == {}


def test_a_round_is_counted_and_averages_follow():
    net = nn.Linear(1, 1)
    average = Average(net, 1e9)
    table = Table({"net": Player(net, torch.optim.SGD(net.parameters(), lr=1.0), None, average)})
    table.close_round(30)
    table.close_round(12)
    assert (table.round, table.images, average.images) == (2, 42, 42)
    with torch.no_grad():
        net.weight.add_(1)
    assert not torch.equal(table.modules()["net"]["weight"], net.weight)  # the average is what is kept


def test_running_statistics_of_processes_are_averaged():
    """Counters, which are whole numbers, are not."""
    net = nn.BatchNorm1d(1)
    net.running_mean.fill_(3.0)
    net.num_batches_tracked.fill_(8)

    @dataclasses.dataclass(frozen=True)
    class Other(Group):
        size: int = 2

        def add(self, values):
            values.add_(torch.tensor([5.0, 2.0]) / 2)  # the other's mean and variance

    Table({"net": Player(net, torch.optim.SGD(net.parameters(), lr=1.0))}, Other()).close_round(1)
    assert net.running_mean.item() == 4.0
    assert net.running_var.item() == 1.5
    assert net.num_batches_tracked.item() == 8
