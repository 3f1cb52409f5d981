"""Dropout at test time: the mean over masks, an image's own masks, and refusals at the rate that was asked for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards.dropout import Dropout, Mask, Thinned, masked
from sparring.registry import parse


def data(n: int = 200) -> Dataset:
    generator = torch.Generator().manual_seed(0)
    return Dataset(torch.rand(n, 8, generator=generator), torch.arange(n) % 3)


def thinned(net: nn.Module, **fields: object) -> Thinned:
    guarded = Dropout(**fields).fit(net, data(), data())  # type: ignore[arg-type]
    assert isinstance(guarded, Thinned)
    return guarded


def test_the_mean_over_masks_is_that_of_a_linear_layer_in_closed_form() -> None:
    """Two inputs with dropout ½ before two logits: four masks, equally likely, all values known."""
    net = nn.Linear(2, 2, bias=False).requires_grad_(False)
    net.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
    x = torch.tensor([[0.6, 0.3]])
    guarded = Thinned(masked(net, 0.5), 4000, "mutual_information", 0)
    masks = torch.tensor([[0.0, 0], [0, 2], [2, 0], [2, 2]])
    each = net(x * masks).log_softmax(1)
    logits, score = guarded.judge(x)
    assert torch.allclose(logits.exp(), each.exp().mean(0, keepdim=True), atol=0.02)
    mean = each.exp().mean(0)
    wanted = -(mean * mean.log()).sum() + (each.exp() * each).sum(1).mean()
    assert score.item() == pytest.approx(wanted.item(), rel=0.1)


def test_a_net_s_own_dropout_is_used_and_none_is_added() -> None:
    net = nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.3), nn.ReLU(), nn.Linear(16, 3))
    rates = [module.rate for module in thinned(net).modules() if isinstance(module, Mask)]
    assert rates == [0.3]
    assert isinstance(net[1], nn.Dropout), "the user's own net stays as it is"
    without = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    added = masked(without, 0.4)
    assert isinstance(added, nn.Sequential)
    assert [type(module) for module in added[2]] == [Mask, nn.Linear]  # type: ignore[arg-type]


def test_whole_channels_go_where_dropout2d_was() -> None:
    net = masked(nn.Sequential(nn.Dropout2d(0.5), nn.Flatten(), nn.Linear(400, 3)), 0.5)
    from sparring.core.seeds import Streams

    mask = net[0]  # type: ignore[index]
    mask.streams = Streams(torch.arange(6))
    out = mask(torch.ones(6, 4, 10, 10)).flatten(2)
    assert ((out == 0).all(2) | (out == 2).all(2)).all()
    assert 4 < (out[..., 0] == 0).sum() < 20


def test_an_image_has_its_own_masks_in_any_company() -> None:
    """T27, T31: dropout is on, and still nothing depends on the batch, and torch's generator is left as found."""
    net = nn.Sequential(nn.Linear(8, 16), nn.Dropout(0.5), nn.Linear(16, 3))
    guarded, x = thinned(net, draws=7), data().images()
    state, whole = torch.get_rng_state(), guarded(x)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.allclose(guarded(x[[9, 2]]), whole[[9, 2]], atol=1e-6)
    assert not torch.allclose(guarded(x + 1e-6), whole, atol=1e-3), "masks that an attack could learn"
    back = Dropout(draws=7).restore(net, guarded.state_dict())
    assert torch.equal(back(x), whole)


@pytest.mark.parametrize("score", ["entropy", "mutual_information"])
def test_clean_images_are_refused_as_often_as_allowed_and_odd_ones_more(
    score: str, digits_net: tuple[nn.Module, Tensor, Tensor]
) -> None:
    net, x, y = digits_net
    guard = parse(f"dropout(score={score}, false_alarms=0.1)", "guard")
    assert isinstance(guard, Dropout)
    guarded = guard.fit(net, Dataset(x[:100], y[:100]), Dataset(x[:100], y[:100]))
    refused = (guarded(x[100:]).argmax(1) == 10).double().mean()
    assert refused < 0.25
    odd = torch.rand(100, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    assert (guarded(odd).argmax(1) == 10).double().mean() > 2 * refused


def test_a_joint_attack_gets_past_it(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    guarded = Dropout(draws=8).fit(net, Dataset(x, y), Dataset(x, y))
    answered = guarded(x).argmax(1) == y
    found = sparring.attack(guarded, x[answered][:20], y[answered][:20], "apgd(steps=30)", "linf(0.3)")
    assert found.success_rate > 0.5
    assert not (guarded(found.images[found.success]).argmax(1) == 10).any()


def test_what_has_no_place_for_dropout_is_refused() -> None:
    with pytest.raises(InputError, match="with dropout or a linear layer"):
        masked(nn.Sequential(nn.Conv2d(1, 3, 8), nn.Flatten()), 0.5)
    for text in ("dropout(draws=1)", "dropout(rate=1)", "dropout(score=variance)"):
        with pytest.raises(InputError, match="dropout"):
            parse(text, "guard")
