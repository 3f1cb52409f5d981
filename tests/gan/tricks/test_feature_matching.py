"""The squared distance of mean features, and its slope."""

from __future__ import annotations

import torch

from sparring.gan._moment import Moment
from sparring.gan.nets import Judgement
from sparring.registry import parse


def judged(features):
    return Judgement(torch.zeros(len(features)), None, features)


def test_value_and_slope_are_those_of_the_formula(moment):
    real, fake = torch.randn(6, 5).double(), torch.randn(6, 5).double().requires_grad_()
    loss = parse("feature_matching").generator_loss(judged(real), judged(fake), moment(real, "generator"))
    want = (fake.float().mean(0) - real.float().mean(0)).square().sum()
    torch.testing.assert_close(loss, want.expand(6), rtol=1e-4, atol=1e-5)
    (got,) = torch.autograd.grad(loss.mean(), fake, retain_graph=True)
    torch.testing.assert_close(got, torch.autograd.grad(want, fake)[0], rtol=1e-4, atol=1e-5)


def test_two_processes_see_the_mean_of_both(batch):
    """G10: parts of 2 and 4 samples, each with the slope that it has in the whole."""
    real, fake = torch.randn(6, 5), torch.randn(6, 5).requires_grad_()
    whole = (fake.mean(0) - real.mean(0)).square().sum()
    (want,) = torch.autograd.grad(whole, fake)
    parts = [slice(0, 2), slice(2, 6)]

    class Both:
        """The other's part is added by hand, in the order in which means are asked for."""

        def __init__(self, other, weight):
            self.size, self.other, self.weight = 2, [fake.detach()[other], real[other]], weight

        def add(self, values):
            values += self.other.pop(0).mean(0) * self.weight

    for own, other in (parts, parts[::-1]):
        shares = [len(real[each]) / 6 for each in (own, other)]
        whole_batch = batch(real[own])
        object.__setattr__(whole_batch, "weight", shares[0])
        now = Moment(whole_batch, "generator", Both(other, shares[1]))
        loss = parse("feature_matching").generator_loss(judged(real[own]), judged(fake[own]), now)
        torch.testing.assert_close(loss[0], whole, rtol=1e-4, atol=1e-5)
        (got,) = torch.autograd.grad(shares[0] * loss.mean(), fake)
        torch.testing.assert_close(got[own], want[own], rtol=1e-4, atol=1e-6)


def test_it_takes_the_place_of_the_scores_loss(play):
    """The generator's loss is no function of the head of the score."""
    table = play("dcgan(nets=dense(hidden=(8,)), tricks=(feature_matching(),), batch_size=16)")
    values = []
    for scale in (1.0, 7.0):
        with torch.no_grad():
            table.discriminator.score.weight.mul_(scale)
        _, turn = table.game.turns(table.feed.batch(0, round_=0))
        values.append(turn.loss().detach())
    assert torch.equal(*values)
    assert values[0] > 0
