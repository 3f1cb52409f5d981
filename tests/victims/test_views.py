"""Views of a random or wrinkled model: means against closed forms, one question one answer, every draw paid for."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.victims.adapted import Adapted
from sparring.victims.views import ROWS, Averaged, Logarithm, Scaled, Smoothed, Voted, draw, seeded

X = torch.rand(6, 5, generator=torch.Generator().manual_seed(0))


def linear(k: int = 3, d: int = 5) -> nn.Linear:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return nn.Linear(d, k)


class Noisy(nn.Module):
    """(1 + σ n) · W x, n one standard normal number an image."""

    def __init__(self, net: nn.Module, sigma: float) -> None:
        super().__init__()
        self.net, self.sigma = net, sigma

    def forward(self, x: Tensor) -> Tensor:
        return (1 + self.sigma * torch.randn(len(x), 1)) * self.net(x)


class Flips(nn.Module):
    """Says class 1 with probability p, else class 0."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        says = (torch.rand(len(x)) < self.p).long()
        return nn.functional.one_hot(says, 2).float()


def test_t32_the_mean_and_its_gradient_are_those_of_the_expectation() -> None:
    """T32: within four standard errors of the closed form, and not equal to one draw."""
    net, draws, sigma = linear(), 4000, 0.5
    view = Averaged(Noisy(net, sigma), draws)
    x = X.clone().requires_grad_(True)
    logits = view(x)
    (slope,) = torch.autograd.grad(logits[:, 2].sum(), x)
    error = 4 * sigma / draws**0.5
    assert ((logits - net(X)).abs() <= error * net(X).abs()).all()
    want = net.weight[2].expand_as(X)
    assert ((slope - want).abs() <= error * want.abs()).all()
    assert not torch.equal(view(X), Averaged(Noisy(net, sigma), 1)(X))


def test_a_mean_over_draws_is_the_mean_of_the_draws() -> None:
    model = Noisy(linear(), 0.5)
    assert torch.equal(Averaged(model, 7, "a")(X), draw(model, X, 7, "a").mean(0))
    assert not torch.equal(Averaged(model, 7, "a")(X), Averaged(model, 7, "b")(X))


@pytest.mark.parametrize("draws", [1, 30, ROWS // 6 + 1, 3 * ROWS])
def test_draws_differ_among_each_other_however_they_are_batched(draws: int) -> None:
    found = draw(Noisy(linear(), 0.5), X, draws, "a")
    assert found.shape == (draws, 6, 3)
    assert len({tuple(row) for row in found[:, 0].tolist()}) == draws


@pytest.mark.parametrize("p", [0.0, 0.2, 0.4, 0.6, 1.0])
def test_t32_shares_of_votes_say_what_most_draws_say(p: float) -> None:
    """T32: in expectation, not by luck."""
    shares = Voted(Flips(p), 400)(X)
    assert ((shares.sum(1) - 1.01).abs() < 1e-5).all()
    assert ((shares[:, 1] - p).abs() < 0.01 + 4 * (p * (1 - p) / 400) ** 0.5).all()
    assert (shares.argmax(1) == int(p > 0.5)).all()


def test_t32_a_close_vote_is_taken_anew_so_that_asking_often_wins_nothing() -> None:
    """T32: of 400 questions about a model that errs in 3 of 10, thirty draws alone get several wrong."""
    many = torch.rand(400, 5)
    quick, sure = Voted(Flips(0.3), 30)(many), Voted(Flips(0.3), 30, recount=300)(many)
    assert 1 <= int(quick.argmax(1).sum()) <= 30
    assert int(sure.argmax(1).sum()) == 0
    clear = quick[:, 0] - quick[:, 1] >= 3 / 30**0.5
    assert 0 < int(clear.sum()) < 400
    assert torch.equal(quick[clear], sure[clear]), "what is clear costs no more"
    assert not torch.equal(quick[~clear], sure[~clear])


def test_votes_have_no_gradient_and_a_tie_goes_by_the_mean_probability() -> None:
    class Turns(nn.Module):
        """Half of the draws say class 0 a little, the others class 1 a lot."""

        def forward(self, x: Tensor) -> Tensor:
            sure = torch.tensor([[0.1, 0.0], [0.0, 9.0]])
            return sure[torch.arange(len(x)) % 2]

    shares = Voted(Turns(), 2)(X[:1].requires_grad_(True))
    assert not shares.requires_grad
    assert shares.argmax(1).tolist() == [1]
    assert float(shares[0, 0]) > 0.5  # one vote of two, and some of the rest


def test_smoothing_a_linear_model_changes_no_gradient() -> None:
    net = linear()
    x = X.clone().requires_grad_(True)
    logits = Smoothed(net, 16, 0.1)(x)
    (slope,) = torch.autograd.grad(logits[:, 1].sum(), x)
    torch.testing.assert_close(slope, net.weight[1].expand_as(X), rtol=1e-5, atol=1e-6)
    off = 4 * 0.1 * net.weight.norm(dim=1) / 16**0.5
    assert ((logits - net(X)).abs() <= off).all()
    assert not torch.equal(logits, net(X))


def test_smoothing_is_the_convolution_with_a_gaussian() -> None:
    """Of sin(ωx): e^(−ω²σ²/2) sin(ωx), whose wrinkles are gone and whose slope is left."""
    x, omega, sigma = torch.linspace(0, 1, 5)[:, None], 40.0, 0.05
    model = lambda z: torch.cat([torch.sin(omega * z), 0 * z], 1)  # noqa: E731
    found = Smoothed(model, 20000, sigma)(x)[:, 0]
    want = float(np.exp(-((omega * sigma) ** 2) / 2)) * torch.sin(omega * x[:, 0])
    assert ((found - want).abs() < 4 / 20000**0.5).all()


VIEWS = [
    Averaged(Noisy(linear(), 0.5), 5),
    Voted(Noisy(linear(), 5.0), 5),
    Smoothed(linear(), 5, 0.3),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: type(view).__name__)
def test_t30_the_same_images_get_the_same_draws_whatever_was_drawn_before(view: nn.Module) -> None:
    """T30, T31: a resumed run finds the same figures, and global generators are left as found."""
    first = view(X)
    torch.rand(17)
    np.random.rand(3)  # noqa: NPY002
    random.random()
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    assert torch.equal(view(X), first)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]  # noqa: NPY002
    assert random.getstate() == states[2]


def test_other_images_get_other_draws() -> None:
    model = Noisy(linear(), 0.5)
    factors = [draw(model, x, 4, "a")[:, :, 0] / model.net(x)[:, 0] for x in (X, X + 0.001)]
    assert not torch.allclose(*factors, rtol=1e-3)


def test_every_generator_that_a_model_may_use_is_seeded_and_put_back_after_an_error() -> None:
    def three() -> tuple[float, ...]:
        return float(torch.rand(1)), float(np.random.rand()), random.random()  # noqa: NPY002

    before = torch.get_rng_state(), random.getstate()
    with pytest.raises(KeyError), seeded(7):
        raise KeyError
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    drawn = []
    for seed in (7, 7, 8):
        with seeded(seed):
            drawn.append(three())
    assert drawn[0] == drawn[1]
    assert all(a != b for a, b in zip(drawn[0], drawn[2], strict=True))


@pytest.mark.parametrize(("votes", "looks"), [(1, 2), (30, 60)])
def test_t36_an_attack_on_a_mean_pays_for_every_draw(votes: int, looks: int) -> None:
    """T36: 3 steps on a mean of 5 draws are 15 backwards; the judge's first and last look cost its own draws."""
    net = linear()
    model, y = Noisy(net, 0.01), net(X).argmax(1)
    plain = sparring.attack(net, X, y, "pgd(steps=3)", "linf(1e-4)", fast=False)
    judge = net if votes == 1 else Voted(model, votes)
    mean = sparring.attack(Adapted(model, judge, Averaged(model, 5), fast=False), X, y, "pgd(steps=3)", "linf(1e-4)")
    assert not mean.success.any()
    assert plain.backwards.tolist() == [3] * 6
    assert mean.backwards.tolist() == [15] * 6
    assert mean.forwards.tolist() == [5 * (passes - 1) + looks for passes in plain.forwards.tolist()]


def test_logarithms_of_probabilities_are_logits_and_finite_where_they_are_zero() -> None:
    net = linear()
    softmax = nn.Sequential(net, nn.Softmax(1))
    torch.testing.assert_close(Logarithm(softmax)(X).softmax(1), net(X).softmax(1))
    torch.testing.assert_close(Logarithm(softmax)(X), net(X).log_softmax(1))
    assert torch.isfinite(Logarithm(nn.Identity())(torch.tensor([[0.0, 1.0]]))).all()


def test_scaled_is_a_factor() -> None:
    net = linear()
    assert torch.equal(Scaled(net, 0.5)(X), 0.5 * net(X))
