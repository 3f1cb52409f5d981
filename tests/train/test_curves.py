"""Curves of a game of one number, where they are known in closed form."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from sparring.data import Dataset
from sparring.games import Player, Table
from sparring.gan import recipe
from sparring.gan.losses.hinge import Hinge
from sparring.gan.losses.lsgan import Lsgan
from sparring.gan.losses.minimax import Minimax
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets import Discriminator, Generator
from sparring.train._curves import BREADTH, MOVES, PLACES, curves, density, opinion


class Body(nn.Module):
    """Any function, with a weight that moves nothing."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x) + self.weight


def table(makes, features, latent: int = 1) -> Table:
    """G(z) = makes(z), and s(x) = features(x)."""
    generator = Generator(Body(lambda z: torch.atanh(2 * makes(z) - 1)), (1,), latent)
    discriminator = Discriminator(Body(lambda x: features((x + 1) / 2)), (1,), 1)
    nn.init.ones_(discriminator.score.weight)
    nn.init.zeros_(discriminator.score.bias)
    pair = {"discriminator": discriminator, "generator": generator}
    return Table({name: Player(each, torch.optim.SGD(each.parameters(), 0.0)) for name, each in pair.items()})


def normal(x: Tensor, mean: float, spread: float) -> Tensor:
    return torch.exp(-(((x - mean) / spread) ** 2) / 2) / (spread * math.sqrt(2 * math.pi))


def sampled(mean: float, spread: float) -> Dataset:
    return Dataset((mean + spread * torch.special.ndtri((torch.arange(5000) + 0.5) / 5000)[:, None]).float())


def test_the_density_of_a_normal_is_one_a_little_wider():
    x = (torch.arange(PLACES).double() + 0.5) / PLACES
    found = density(sampled(0.4, 0.05).images()[:, 0])
    assert found.sub(normal(x, 0.4, math.hypot(0.05, BREADTH))).abs().max() < 0.01 * found.max()


def test_nothing_is_lost_at_the_ends():
    found = density(torch.linspace(0, 1, 100_001))
    assert found.sub(1).abs().max() < 0.01
    assert density(torch.ones(7)).mean() == pytest.approx(1)


def test_curves_of_two_normals_and_the_best_discriminator_of_them():
    """p = N(0.4, 0.08²), q = N(0.6, 0.08²): p / (p + q) = σ(log p − log q), a sigmoid of a line."""
    wide = 0.08**2 + BREADTH**2
    slope = (0.6 - 0.4) / wide
    found = curves(NonSaturating(), table(lambda z: 0.6 + 0.08 * z, lambda x: slope * (0.5 - x)), sampled(0.4, 0.08))
    assert found.made.sub(normal(found.x, 0.6, math.sqrt(wide))).abs().max() < 0.01 * found.made.max()
    known = (found.x - 0.5).abs() < 0.3
    assert found.best[known].sub(found.judged[known]).abs().max() < 0.03
    assert found.best[found.x < 0.01].isnan().all(), "nothing is there"
    assert torch.allclose(found.starts, (torch.arange(MOVES).double() + 0.5) / MOVES)
    assert torch.allclose(found.ends, 0.6 + 0.08 * torch.special.ndtri(found.starts), atol=1e-6)


def test_of_longer_codes_only_numbers_are_known():
    found = curves(NonSaturating(), table(lambda z: 0.5 + 0.05 * z[:, :1], lambda x: x, 3), sampled(0.5, 0.05))
    assert found.starts is None
    assert found.made.sub(found.data).abs().max() < 0.1 * found.data.max()


@pytest.mark.parametrize(
    ("loss", "smoothing", "score"),
    [(Minimax, 0.0, 0.25), (NonSaturating, 0.2, 0.25), (Lsgan, 0.0, 0.25), (Lsgan, 0.2, 0.25)],
)
def test_the_best_that_can_be_said_is_where_the_loss_is_least(loss, smoothing, score):
    """G17: at p = 1 and q = 3 by trying all scores."""
    unit = loss(smoothing=smoothing)
    scores = torch.linspace(-3, 3, 60_001, dtype=torch.float64)
    zero = torch.zeros_like(scores)
    real = unit.discriminator(scores, zero) - unit.discriminator(zero, zero)[:1]
    fake = unit.discriminator(zero, scores) - unit.discriminator(zero, zero)[:1]
    least = scores[(real + 3 * fake).argmin()]
    judged, target = opinion(unit, least[None])
    assert target == 1 - smoothing
    assert judged.item() == pytest.approx(target * score, abs=1e-3)


def test_other_scores_are_told_around_the_middle_of_their_loss():
    judged, target = opinion(Hinge(), torch.tensor([-2.0, 0.0, 2.0]))
    assert target is None
    assert judged[1] == 0.5
    assert judged[2] - 0.5 == pytest.approx(0.5 - float(judged[0]))
    shifted, _ = opinion(recipe("baseline").loss, torch.tensor([5.0, 6.0, 7.0]))
    assert shifted[1] == 0.5


def test_nothing_is_drawn_and_nothing_changed():
    """G25: global random numbers, modes and weights are left as found."""
    unit = recipe("dcgan(nets=dense(latent=3, hidden=(8,)))")
    generator, discriminator = unit.build((1,))
    players = unit.table(unit.game(generator, discriminator))
    generator.train()
    discriminator.train()
    state = torch.get_rng_state()
    before = [p.clone() for p in (*generator.parameters(), *discriminator.parameters())]
    one, two = (curves(unit.loss, players, sampled(0.5, 0.1)) for _ in range(2))
    assert torch.equal(one.made, two.made)
    assert torch.equal(torch.get_rng_state(), state)
    assert generator.training
    assert discriminator.training
    after = (*generator.parameters(), *discriminator.parameters())
    assert all(torch.equal(a, b) and b.grad is None for a, b in zip(before, after, strict=True))


def test_classes_are_asked_for_as_they_come_in_the_data():
    """Two classes at 0.25 and 0.75, three of the first to one of the second."""
    labels = torch.tensor([0, 0, 0, 1] * 50)
    data = Dataset(0.25 + 0.5 * labels[:, None].float(), labels)
    unit = recipe("acgan(nets=dense(latent=1, hidden=(4,)))")
    generator, discriminator = unit.build((1,), 2)
    with torch.no_grad():
        generator.embed.weight.copy_(torch.tensor([[-1.0], [1.0]]).expand_as(generator.embed.weight))
    generator.body = nn.Sequential(Body(lambda z: torch.atanh(0.5 * z[:, -1:])))
    found = curves(unit.loss, unit.table(unit.game(generator, discriminator)), data)
    assert found.made.sub(found.data).abs().max() < 0.01 * found.data.max()
