"""A defense as a game of one player: the mean of its loss, at the weights of the moment."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from sparring.defenses._game import PLAYER, DefenseGame
from sparring.games import Batch
from sparring.registry import parse


def game(net, text, x, **options):
    return DefenseGame(net, parse(text), parse("linf(0.1)"), 3, x[:2], len(x), **options)


def batch(x, y, rows=slice(None), seed=3):
    return Batch(x[rows], y[rows], torch.arange(len(x))[rows], seed)


def test_its_loss_is_the_mean_over_the_batch(kit):
    """T6: so that two halves, weighed by their size, are the whole."""
    net, x, y = kit.linear(), torch.rand(5, 6), torch.tensor([0, 1, 2, 0, 1])
    play = game(net, "adversarial(steps=2)", x)
    (turn,) = play.turns(batch(x, y))
    assert turn.player == PLAYER
    parts = [play.turns(batch(x, y, rows))[0].loss() for rows in (slice(0, 3), slice(3, 5))]
    torch.testing.assert_close(turn.loss(), 0.6 * parts[0] + 0.4 * parts[1])


def test_the_attacker_climbs_the_net_as_it_is_now(kit):
    """A mirror that lags behind would attack another net."""
    net, x, y = kit.linear(), kit.inside(), torch.tensor([0, 1, 2, 0, 1])
    play = game(net, "adversarial(steps=5, start='none')", x)
    play.turns(batch(x, y))[0].loss()
    with torch.no_grad():
        net.weight.neg_()
        net.bias.neg_()
    hard = play.turns(batch(x, y))[0].loss()
    assert hard.item() > F.cross_entropy(net(x), y).item() + 0.1


def test_only_what_the_net_learns_from_moves_its_statistics(kit):
    """T27: one pass on x', one count; and those are the statistics of x', not of the steps before."""
    net = kit.normed().train()
    x, y = torch.rand(8, 1, 4, 4), torch.arange(8) % 3
    play = game(net, "adversarial(steps=3)", x)
    seen = []
    net[0].register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    play.turns(batch(x, y))[0].loss()
    assert net[1].num_batches_tracked.item() == len(seen) == 1
    torch.testing.assert_close(net[1].running_mean, 0.1 * seen[0].mean((0, 2, 3)))


def test_random_numbers_are_the_samples_and_the_rounds(kit):
    """T31."""
    net, x, y = kit.linear(), torch.rand(5, 6), torch.tensor([0, 1, 2, 0, 1])
    play = game(net, "fast", x)
    losses = [play.turns(batch(x, y, seed=seed))[0].loss().item() for seed in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_what_was_prepared_and_what_is_remembered_reach_the_loss(kit):
    net, x, y = kit.linear(), torch.rand(5, 6), torch.tensor([0, 1, 2, 0, 1])
    soft = {"soft": torch.rand(5, 3).softmax(1)}
    loss = game(net, "distillation(temperature=2)", x, prepared=soft).turns(batch(x, y))[0].loss()
    torch.testing.assert_close(loss, F.cross_entropy(net(x) / 2, soft["soft"]))
    play = game(net, "adversarial(steps=1, carry=True)", x)
    play.turns(batch(x, y, [1, 4]))[0].loss()
    assert play.memory["reach"].nonzero()[:, 0].tolist() == [1, 4]
    assert play.memory["carried"].shape == (5, 6)


def test_figures_are_filled_in_by_the_loss(kit):
    net, x, y = kit.linear(), torch.rand(5, 6), torch.tensor([0, 1, 2, 0, 1])
    (turn,) = game(net, "vat", x).turns(batch(x, y))
    assert turn.figures == {}
    turn.loss()
    assert float(turn.figures["lds"].detach()) > 0


def test_replays_are_the_defenses(kit):
    assert game(kit.linear(), "free(m=3)", torch.rand(2, 6)).replays == 3
