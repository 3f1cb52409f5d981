"""Smoothing: the vote decides, the slope is SmoothAdv's, and an image's noise is its own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.attacks import attack
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards._smoothed import SmoothedClassifier, undecided
from sparring.guards.smoothing import Smoothing
from sparring.registry import parse

NOTHING = Dataset(torch.zeros(1, 4), torch.zeros(1, dtype=torch.int64))


def bent(seed: int = 0) -> nn.Module:
    """A small net whose probabilities are far from linear in the noise."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(3)
    return net.requires_grad_(False).eval()


def guarded(net: nn.Module, **fields: float) -> SmoothedClassifier:
    made = Smoothing(**fields).fit(net, NOTHING, NOTHING)  # type: ignore[arg-type]
    assert isinstance(made, SmoothedClassifier)
    return made


def slope(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    x = x.clone().requires_grad_(True)
    return torch.autograd.grad(F.cross_entropy(model(x), y, reduction="sum"), x)[0]


def test_the_gradient_is_that_of_the_log_of_the_mean_probability() -> None:
    """T44, against a Monte-Carlo reference with noise of its own; the mean of logits is told apart."""
    net, x, y = bent(), torch.rand(6, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    noise = torch.randn(20_000, 1, 4, generator=torch.Generator().manual_seed(9))
    z = x.clone().requires_grad_(True)
    each = net((z + 0.5 * noise).flatten(0, 1)).view(len(noise), 6, 3)
    ours = slope(guarded(net, sigma=0.5, draws=20_000, recount=0), x, y)
    smooth_adv = torch.autograd.grad(-each.softmax(2).mean(0).log().gather(1, y[:, None]).sum(), z, retain_graph=True)[
        0
    ]
    logits = torch.autograd.grad(F.cross_entropy(each.mean(0), y, reduction="sum"), z)[0]
    scale = smooth_adv.norm(dim=1)
    assert ((ours - smooth_adv).norm(dim=1) < 0.05 * scale).all()
    assert ((logits - smooth_adv).norm(dim=1) > 0.1 * scale).all(), "the two would be the same on this net"


def test_the_scores_are_log_mean_probabilities_exactly_for_the_noise_drawn() -> None:
    net = bent()
    model = guarded(net, sigma=0.3, draws=37)
    seen: list[Tensor] = []
    model.net.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    x = torch.rand(2, 4)
    scores = model.log_probabilities(x)
    copies = torch.cat([part.view(-1, 2, 4) for part in seen])
    assert copies.shape[0] == 37
    assert torch.allclose(scores, net(copies).softmax(2).mean(0).log(), atol=1e-6)
    assert copies.sub(x).std().item() == pytest.approx(0.3, rel=0.15)


class Sure(nn.Module):
    """Class 0 for most, by a hair; class 1 for a few, with certainty: vote and mean probability disagree."""

    def forward(self, x: Tensor) -> Tensor:
        few = (x[:, 0] > 0.25).to(x.dtype)
        return torch.stack([torch.zeros_like(few), -0.1 + 10 * few], 1) + 0 * x.sum(1, keepdim=True)


def test_the_vote_decides_where_it_differs_from_the_mean_probability() -> None:
    model = guarded(Sure(), sigma=0.5, draws=2000)
    x = torch.zeros(3, 4)
    assert model.log_probabilities(x).argmax(1).tolist() == [1, 1, 1]
    assert model(x).argmax(1).tolist() == [0, 0, 0]
    assert torch.equal(model(x)[:, 1], model.log_probabilities(x)[:, 1])


def test_a_close_vote_is_counted_again() -> None:
    """p = 0.55: a hundred copies say the wrong class every seventh time, ten thousand more do not."""

    def coin(x: Tensor) -> Tensor:
        return torch.stack([x[:, 0] - 0.5, 0.5 - x[:, 0]], 1)

    class Coin(nn.Module):
        forward = staticmethod(coin)

    x = 0.5 + 0.1257 * 0.25 + torch.linspace(0, 1e-3, 200)[:, None]  # Φ(0.1257) = 0.55
    alone = guarded(Coin(), draws=100, recount=0)(x).argmax(1)
    again = guarded(Coin(), draws=100, recount=10_000)(x).argmax(1)
    assert int(alone.sum()) > 5
    assert not again.any()
    assert undecided(torch.tensor([[55, 45], [99, 1]]), 0.001).tolist() == [True, False]


def test_noise_is_an_image_s_own() -> None:
    """T31, T35: no order, batch or company matters, torch's generator is untouched, and no two images share noise."""
    model, x = guarded(bent(), draws=30), torch.rand(5, 4)
    state = torch.get_rng_state()
    whole = model(x)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.allclose(model(x[[3, 1]]), whole[[3, 1]], atol=1e-6)
    changed = x.clone()
    changed[2] += 0.5
    assert torch.equal(model(changed)[[0, 1, 3, 4]], whole[[0, 1, 3, 4]])
    seen: list[Tensor] = []
    model.net.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.log_probabilities(torch.zeros(1, 4))
    model.log_probabilities(torch.full((1, 4), 1e-7))
    assert (seen[0] - seen[1]).abs().min() > 1e-4, "a pattern that an attack could learn"


def test_another_seed_is_other_noise_and_the_state_keeps_it() -> None:
    net, x = bent(), torch.rand(4, 4)
    one = Smoothing(draws=20).fit(net, NOTHING, NOTHING, seed=1)
    two = Smoothing(draws=20).fit(net, NOTHING, NOTHING, seed=2)
    assert not torch.allclose(one(x), two(x))
    back = Smoothing(draws=20).restore(bent(5), two.state_dict())
    assert torch.equal(back(x), two(x))
    assert not any(module.training for module in back.modules())


def test_memory_is_saved_without_another_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Activations that are not kept are computed again: same slope, one more forward."""
    model, x, y = guarded(bent(), draws=64), torch.rand(3, 4), torch.tensor([0, 1, 2])
    kept = slope(model, x, y)
    monkeypatch.setattr("sparring.guards._smoothed.KEPT", 0)
    assert torch.allclose(slope(model, x, y), kept, atol=1e-6)


def test_a_ledger_counts_every_copy() -> None:
    x = torch.rand(3, 4)
    model = guarded(bent(), draws=8, recount=0)
    found = attack(model, x, model(x).argmax(1), "pgd(steps=3)", "l2(0.001)")
    assert found.forwards[~found.success].tolist() == [8 * 5] * int((~found.success).sum())  # a look, 3 steps, the end
    assert found.backwards[~found.success].tolist() == [8 * 3] * int((~found.success).sum())
    assert int((~found.success).sum()) >= 1


def test_luck_does_not_break_what_the_smoothed_classifier_gets_right() -> None:
    """An attack that asks a thousand times of images on which p is 0.6: no answer of the guard falls to it."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).requires_grad_(False)
    net[1].weight.copy_(torch.tensor([[1.0, 0, 0, 0], [-1.0, 0, 0, 0]]))
    net[1].bias.copy_(torch.tensor([-0.5, 0.5]))
    x = torch.full((8, 4), 0.5) + torch.rand(8, 4) * 0.001
    x[:, 0] = 0.5 + 0.25 * 0.2533 + 0.02  # Φ(0.2533) = 0.6 at the end of the ball
    y = torch.zeros(8, dtype=torch.int64)
    lucky = attack(guarded(net, draws=20, recount=0), x, y, "pgd(steps=30)", "l2(0.02)", fast=False)
    fair = attack(guarded(net, draws=20, recount=1000), x, y, "pgd(steps=30)", "l2(0.02)", fast=False)
    assert lucky.success.any()
    assert not fair.success.any()


@pytest.mark.parametrize(
    "text", ["smoothing(sigma=0)", "smoothing(draws=0)", "smoothing(recount=-1)", "smoothing(alpha=1)"]
)
def test_fields_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="of smoothing"):
        parse(text, "guard")
