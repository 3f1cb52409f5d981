"""Forging: each loss by hand, images of a class out of noise, with the confidence asked for."""

import math

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks._objectives import ce, prob_l1, prob_l2
from sparring.attacks.forge import Forge, sure_of_target
from sparring.errors import InputError


def noise(n: int, seed: int = 0) -> Tensor:
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_the_losses_are_their_formulas() -> None:
    """ŷ = (1/2, 1/4, 1/4) and t = 1: ½ ‖ŷ − e_t‖² = 7/16, ‖ŷ − e_t‖₁ = 3/2, −log ŷ_t = log 4; all to be lowered."""
    logits, labels, targets = torch.tensor([[2.0, 1.0, 1.0]]).log(), torch.tensor([0]), torch.tensor([1])
    assert prob_l2(logits, labels, targets).item() == pytest.approx(-7 / 16)
    assert prob_l1(logits, labels, targets).item() == pytest.approx(-3 / 2)
    assert ce(logits, labels, targets).item() == pytest.approx(-math.log(4))


@pytest.mark.parametrize("loss", ["ce", "l2", "l1"])
def test_one_step_on_a_linear_model_is_the_sign_of_the_slope(loss: str) -> None:
    """For two classes every loss falls along w_t − w_y: one step moves each pixel α that way."""
    net = nn.Linear(4, 2, bias=False)
    net.weight.data = torch.tensor([[1.0, -2.0, 3.0, 0.5], [-1.0, 1.0, 2.0, 1.0]])
    x = torch.tensor([[0.6, 0.4, 0.5, 0.5]])
    assert net(x).argmax() == 0
    found = sparring.attack(net, x, None, Forge(steps=1, step_size=0.25, loss=loss, confidence=0), targets=1)
    assert found.strongest[0].tolist() == pytest.approx([0.35, 0.65, 0.25, 0.75])


def test_noise_becomes_any_digit_with_confidence(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, _, _ = digits_net
    x = noise(20)
    said = net(x).argmax(1)
    targets = (said + 1 + torch.arange(20) % 9) % 10
    found = sparring.attack(net, x, None, "forge(confidence=0.95)", targets=targets)
    assert found.success.double().mean() >= 0.9
    sure = net(found.images).softmax(1).gather(1, targets[:, None])[:, 0]
    assert bool((sure[found.success] >= 0.95).all())
    assert bool(((found.images >= 0) & (found.images <= 1)).all())


def test_the_goal_wants_both_the_answer_and_the_confidence() -> None:
    logits = torch.tensor([[0.0, 3.0, 0.0], [0.0, 0.1, 0.0], [3.0, 0.0, 0.0]])
    labels, targets = torch.zeros(3, dtype=torch.int64), torch.ones(3, dtype=torch.int64)
    assert (sure_of_target(0.5)(logits, labels, targets) > 0).tolist() == [True, False, False]
    assert (sure_of_target(0.0)(logits, labels, targets) > 0).tolist() == [True, True, False]


def test_a_threat_still_holds(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    found = sparring.attack(net, x[:10], y[:10], "forge(step_size=0.05)", "linf(0.1)", targets=(y[:10] + 1) % 10)
    assert float((found.strongest - x[:10]).abs().max()) <= 0.1 * (1 + 1e-6)


@pytest.mark.parametrize("text", ["forge(steps=0)", "forge(step_size=0)", "forge(loss='mse')", "forge(confidence=1)"])
def test_fields_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)


def test_it_needs_a_target() -> None:
    with pytest.raises(InputError, match="target"):
        sparring.attack(nn.Linear(4, 2), torch.rand(1, 4), None, "forge")
