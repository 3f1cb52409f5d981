"""Conformal: the promise holds at every finite size, and an image is refused exactly where its set is not one class."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards.conformal import Conformal, SetPredictor, conformal_quantile, log_odds


def test_the_finite_sample_quantile_by_hand() -> None:
    scores = torch.tensor([3.0, 1, 2, 5, 4, 9, 8, 7, 6])  # n = 9: ⌈10 · 0.8⌉ = 8th
    assert conformal_quantile(scores, 0.2).item() == 8
    assert conformal_quantile(scores, 0.1).item() == 9
    with pytest.raises(InputError, match=r"at least 19 calibration images for alpha = 0\.05, got 9"):
        conformal_quantile(scores, 0.05)


@pytest.mark.parametrize(("n", "alpha"), [(9, 0.1), (19, 0.2), (30, 0.1), (99, 0.05)])
def test_coverage_on_exchangeable_data_is_what_theory_says(n: int, alpha: float) -> None:
    """P(s_{n+1} ≤ q̂) = ⌈(n + 1)(1 − α)⌉ / (n + 1), which is ≥ 1 − α; without the + 1 it would not be."""
    generator = torch.Generator().manual_seed(n)
    trials = 40_000
    scores = torch.rand(trials, n + 1, generator=generator).pow(3)  # any continuous law
    place = -int(-((n + 1) * (1 - alpha) - 1e-9) // 1)
    quantile = scores[:, :n].sort(dim=1).values[:, place - 1]
    assert all(conformal_quantile(scores[t, :n], alpha) == quantile[t] for t in range(50))
    covered = (scores[:, n] <= quantile).double().mean().item()
    wanted = place / (n + 1)
    assert wanted >= 1 - alpha - 1e-9
    assert abs(covered - wanted) < 4 * (wanted * (1 - wanted) / trials) ** 0.5


class Soft(nn.Module):
    """A classifier whose input is its own log probabilities."""

    def forward(self, x: Tensor) -> Tensor:
        return (x + 1e-9).log()


def drawn(n: int, seed: int) -> Dataset:
    """Probabilities that are true of their labels, but for a bias that a net may well have."""
    generator = torch.Generator().manual_seed(seed)
    p = (3 * torch.randn(n, 4, generator=generator)).softmax(1)
    labels = torch.multinomial(p, 1, generator=generator)[:, 0]
    return Dataset((p**2 / (p**2).sum(1, keepdim=True)).clamp(0, 1), labels, tuple("abcd"))


def test_the_set_of_a_net_holds_the_label_as_often_as_asked() -> None:
    """Marginally over calibration sets, for a net that is too sure of itself; and not much more often than asked."""
    alpha, hits, total = 0.1, 0, 0
    for seed in range(60):
        guarded = Conformal(alpha).fit(Soft(), drawn(5, 0), drawn(49, seed))
        assert isinstance(guarded, SetPredictor)
        x, y = drawn(200, 1000 + seed).take()
        hits += int(guarded.sets(x).gather(1, y[:, None]).sum())
        total += len(y)
    assert 1 - alpha - 0.012 < hits / total < 1 - alpha + 1 / 50 + 0.012


def test_refused_exactly_where_the_set_is_not_one_class() -> None:
    guarded = Conformal(0.15).fit(Soft(), drawn(5, 0), drawn(200, 1))
    x, _ = drawn(2000, 2).take()
    sizes = guarded.sets(x).sum(1)  # type: ignore[union-attr,operator]
    assert {0, 1, 2} <= set(sizes.tolist()) or {1, 2} <= set(sizes.tolist())
    answer = guarded(x).argmax(1)
    assert torch.equal(answer == 4, sizes != 1)
    assert torch.equal(answer[sizes == 1], Soft()(x).argmax(1)[sizes == 1])


def test_an_empty_set_is_refused_too() -> None:
    guarded = SetPredictor(Soft())
    guarded.quantile.fill_(-math.log(0.7 / 0.3))  # a class needs 0.7
    x = torch.tensor([[0.6, 0.2, 0.1, 0.1], [0.8, 0.1, 0.05, 0.05]])
    assert guarded.sets(x).sum(1).tolist() == [0, 1]
    assert guarded(x).argmax(1).tolist() == [4, 0]


def test_the_image_that_decides_is_on_the_safe_side_of_the_border() -> None:
    """Its right class may be the second: the set has to hold it, and the image to be refused."""
    for seed in range(40):
        data = drawn(29, seed)
        guarded = Conformal(0.1).fit(Soft(), data, data)
        x, y = data.take()
        sets = guarded.sets(x)  # type: ignore[union-attr,operator]
        assert int(sets.gather(1, y[:, None]).sum()) >= 27
        assert torch.equal(sets.sum(1) != 1, guarded(x).argmax(1) == 4)


def test_log_odds_are_those_of_the_probabilities_and_do_not_saturate() -> None:
    """T4: at a lead of 200 the probability is 1 in every type, and its slope 0; the odds still tell."""
    logits = torch.randn(50, 6, dtype=torch.float64) * 3
    p = logits.softmax(1)
    assert torch.allclose(log_odds(logits), p.log() - (1 - p).log())
    sure = torch.tensor([[200.0, 0, 0]], requires_grad=True)
    (slope,) = torch.autograd.grad(log_odds(sure)[0, 0], sure)
    assert torch.allclose(slope, torch.tensor([[1.0, -0.5, -0.5]]))


def test_restored_it_is_the_same_and_attacks_meet_both_at_once(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    guard, data = Conformal(0.05), Dataset(x, y)
    guarded = guard.fit(net, data, data)
    assert torch.equal(guard.restore(net, guarded.state_dict())(x), guarded(x))
    answered = guarded(x).argmax(1) == y
    found = sparring.attack(guarded, x[answered][:30], y[answered][:30], "apgd(steps=30)", "linf(0.25)")
    said = guarded(found.images[found.success]).argmax(1)
    assert found.success_rate > 0.5
    assert not (said == 10).any(), "a refusal fools nobody"


def test_alpha_out_of_range_is_refused() -> None:
    with pytest.raises(InputError, match="alpha of conformal"):
        Conformal(1.0)
