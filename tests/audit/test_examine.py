"""Looking into a model: each planted fault is named, nothing is said of honest nets, and the way around it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import sparring
from sparring.audit._examine import VOTES, Examination
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.registry import parse
from sparring.victims.adapted import Adapted
from sparring.victims.torch import TorchVictim
from sparring.victims.views import Voted

Digits = tuple[nn.Module, Tensor, Tensor]
Look = Callable[..., Examination]

PLANTED = {
    "label-only": "labels only",
    "softmax-outputs": "probabilities, whose gradients vanish (T3)",
    "no-grad": "not differentiable from logits to pixels (T33)",
    "jpeg": "not differentiable from logits to pixels (T33)",
    "quantized(levels=16)": "gradient is zero or not finite on 100% of samples (T33)",
    "saturated": "gradient is zero or not finite",
    "steep": "cross-entropy is saturated in float32",
    "shattered": "gradient is shattered",
    "gradient-lock": "gradient is shattered",
    "noisy(sigma=0.1)": "answers are random: the same image gets different ones (T32)",
    "random-resize": "answers are random: the same image gets different ones (T32)",
}
WAY = "pgd(steps=20, loss='margin')"


def broken_share(victim: Any, x: Tensor, y: Tensor) -> float:
    found = sparring.attack(victim, x, y, WAY, "linf(0.12)", allow_probabilities=True)
    return float((found.success & found.clean_correct).sum() / found.clean_correct.sum())


@pytest.mark.parametrize(("text", "words"), PLANTED.items(), ids=PLANTED)
def test_t41_a_planted_fault_is_named_and_gone_around(text: str, words: str, digits_net: Digits, look: Look) -> None:
    """T41, T3, T4, T32, T33: the finding, and an attack through the view as strong as one on the net inside."""
    net, x, y = digits_net
    seen = look(parse(text).wrap(net).eval())
    assert any(words in each for each in seen.findings), seen.findings
    assert seen.adapted
    assert isinstance(seen.attacked, Adapted)
    assert seen.access == "gradient"
    assert seen.classes == 10
    inner = broken_share(net, x[:40], y[:40])
    assert 0.3 < inner < 1
    assert broken_share(seen.attacked, x[:40], y[:40]) >= inner - 0.05


def test_t41_nothing_is_found_in_an_honest_net(digits_net: Digits, robust_net: nn.Module, look: Look) -> None:
    """T41: neither in a plain nor in a robust one; they are attacked as they are."""
    nets = (
        digits_net[0],
        robust_net,
        nn.Sequential(nn.Flatten(), nn.Linear(64, 10)),
        nn.Sequential(
            nn.Flatten(), nn.Linear(64, 32), nn.BatchNorm1d(32), nn.Tanh(), nn.Dropout(0.5), nn.Linear(32, 10)
        ).eval(),
    )
    for net in nets:
        for threat in ("linf(0.1)", "l2(0.5)", "l1(3)", "l0(3)"):
            seen = look(net, threat=threat)
            assert (seen.findings, seen.adapted) == ((), ()), (net, threat)
            assert isinstance(seen.victim, TorchVictim)
            assert seen.victim.model is net
            assert seen.facts["differentiable"]
            assert seen.facts["zero_gradients"] == 0 == seen.facts["saturated_losses"]


def test_t41_a_slope_that_is_true_nearby_and_misleads_is_found_by_trying(digits_net: Digits, look: Look) -> None:
    """T41: waves in front of the net, longer than the step at which slopes are checked."""
    net, _, _ = digits_net
    seen = look(lambda x: net(x + 0.02 * torch.sin(150 * x)))
    assert 0.9 < seen.facts["slope_kept"] < 1.1
    assert seen.findings == ("what it does to the image first misleads the gradient",)
    assert any("slope one across all" in each for each in seen.adapted)
    plain, around = list(seen.facts["views"].values())
    assert around > plain


class Random(nn.Module):
    """Says the label that the net says, but another one with probability p."""

    def __init__(self, net: nn.Module, p: float) -> None:
        super().__init__()
        self.net, self.p = net, p

    def forward(self, x: Tensor) -> Tensor:
        logits = self.net(x)
        flips = torch.rand(len(x), 1) < self.p
        return torch.where(flips, logits.roll(1, 1), logits)


@pytest.mark.parametrize("p", [0.2, 0.4, pytest.param(0.6, marks=pytest.mark.slow), 0.8])
@pytest.mark.parametrize("labels", [pytest.param(False, marks=pytest.mark.slow), True])
def test_t32_a_random_model_is_judged_by_what_most_of_its_answers_are(
    p: float, labels: bool, digits_net: Digits, look: Look
) -> None:
    """T32: at 0.4 all votes are for the label, at 0.6 none; one draw would say 60 % and 40 %."""
    net, x, y = digits_net
    model = Random(net, p)
    seen = look((lambda z: model(z).argmax(1)) if labels else model)
    assert any("random" in each for each in seen.findings)
    assert isinstance(seen.box.model, Voted) or isinstance(seen.attacked.model, Voted)
    assert any(str(VOTES) in each for each in seen.adapted)
    with seen.box.frozen():
        right = float((seen.box.answer(x).argmax(1) == y).double().mean())
        assert torch.equal(seen.box.answer(x), seen.box.answer(x)), "the same question has the same answer"
    assert (right >= 0.99) if p < 0.5 else (right <= 0.01)


def test_t32_hardly_any_noise_is_not_taken_for_none(digits_net: Digits, look: Look) -> None:
    net, _, _ = digits_net
    assert look(lambda x: net(x + 1e-3 * torch.randn_like(x))).facts["random"]
    assert not look(lambda x: net(x + 0 * torch.randn_like(x))).facts["random"]


def test_a_model_of_labels_as_numbers_is_looked_into(digits_net: Digits, look: Look) -> None:
    """Indices, and what comes from numpy: the scores are found inside."""
    net, x, y = digits_net
    inner = broken_share(net, x[:40], y[:40])
    for model in (lambda z: net(z).argmax(1), lambda z: net(z).argmax(1).numpy(), lambda z: net(z).argmax(1).tolist()):
        seen = look(model)
        assert seen.box.access == "decision"
        assert seen.access == "gradient"
        assert seen.classes == 10
        assert broken_share(seen.attacked, x[:40], y[:40]) >= inner - 0.05


def test_an_opaque_model_is_left_to_queries(digits_net: Digits, look: Look) -> None:
    net, _, _ = digits_net

    def opaque(x: Tensor) -> Tensor:
        values = x.detach().numpy().tolist()
        with torch._C.DisableTorchFunction(), torch.no_grad():
            return net(torch.tensor(values))

    for model, access in ((opaque, "scores"), (lambda x: opaque(x).argmax(1), "decision")):
        seen = look(model)
        assert seen.victim is None
        assert seen.access == access
        assert any("queries alone" in each for each in seen.adapted)
        assert seen.attacked is seen.box


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda x: x.flatten(1)[:, :10] * float("nan"), "expected finite logits, got NaN or inf"),
        (lambda x: x.flatten(1)[:, :10] / 0, "expected finite logits, got NaN or inf"),
        (lambda x: x, "expected scores"),
        (lambda x: x.sum(), "expected scores"),
        (lambda x: x.flatten(1)[:, :1], "expected scores"),
        (lambda x: x.flatten(1)[1:, :10], "expected scores"),
        (lambda x: x.flatten(1)[:, :4], "expected labels in [0, 3]"),
        (lambda x: torch.full((len(x),), 11), "expected labels in [0, 9] from the model, got 11"),
        (lambda x: torch.full((len(x),), -1), "expected labels in [0, 9] from the model, got -1"),
        (lambda x: x.flatten(1).mean(1), "expected labels in [0, 9] from the model"),
        (lambda x: torch.zeros(3, 3) @ x.flatten(1), "got an error from it"),
        (lambda x: None, "got NoneType"),
        (lambda x: {"logits": x.flatten(1)}, "got dict"),
    ],
)
def test_an_answer_that_is_no_classification_is_one_line(model: object, words: str, look: Look) -> None:
    with pytest.raises(InputError) as error:
        look(model)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("expected ")


def test_one_sample_and_none_right_are_enough_to_look_at(digits_net: Digits, look: Look) -> None:
    net, x, y = digits_net
    assert look(net, Dataset(x[:1], y[:1], tuple("0123456789"))).findings == ()
    assert look(net, Dataset(x, (y + 1) % 10)).findings == ()
    hidden = look(lambda z: net(z).detach(), Dataset(x[:2], y[:2], tuple("0123456789")))
    assert hidden.access == "gradient"


def test_looking_leaves_the_model_and_the_generators_as_they_were(digits_net: Digits, look: Look) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    state = torch.get_rng_state()
    look(Random(net, 0.3))
    assert torch.equal(state, torch.get_rng_state())
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert torch.is_grad_enabled()


def test_the_same_look_finds_the_same(digits_net: Digits, look: Look) -> None:
    model = parse("noisy(sigma=0.1)").wrap(digits_net[0]).eval()
    first, again = look(model), look(model)
    assert (first.facts, first.findings, first.adapted) == (again.facts, again.findings, again.adapted)


def test_two_classes_are_enough(look: Look) -> None:
    net = nn.Linear(4, 2)
    x = torch.rand(40, 4)
    data = Dataset(x, net(x).argmax(1))
    assert look(net, data).findings == ()
    assert look(lambda z: F.one_hot(net(z).argmax(1), 2).float(), data).access == "gradient"
