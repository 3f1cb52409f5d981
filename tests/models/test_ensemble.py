"""An ensemble against its means by hand."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.errors import InputError
from sparring.models import Ensemble, load_model
from sparring.models._ensemble import ensemble_of


def fixed(logits: list[float]) -> nn.Module:
    """A model that gives these logits for a black image, and more of the first for a brighter one."""
    net = nn.Linear(2, len(logits)).requires_grad_(False)
    net.weight.zero_()[0, 0] = 1.0
    net.bias.copy_(torch.tensor(logits))
    return net


ONE, TWO = [2.0, 0.0, -1.0], [-3.0, 1.0, 0.5]
X = torch.zeros(4, 2)


def test_the_three_means_by_hand() -> None:
    a, b = torch.tensor(ONE), torch.tensor(TWO)
    nets = [fixed(ONE), fixed(TWO)]
    torch.testing.assert_close(Ensemble(nets)(X)[0], (a + b) / 2)
    mean = (a.softmax(0) + b.softmax(0)) / 2
    torch.testing.assert_close(Ensemble(nets, "probabilities")(X)[0], mean.log())
    losses = torch.stack([-a.log_softmax(0), -b.log_softmax(0)]).mean(0)
    torch.testing.assert_close(-Ensemble(nets, "log_probabilities")(X)[0], losses)


def test_means_disagree_where_one_model_is_very_sure() -> None:
    """By logits the surest decides; by probabilities the other two have the majority."""
    nets = [fixed([30.0, 0.0]), fixed([0.0, 9.0]), fixed([0.0, 9.0])]
    assert Ensemble(nets)(X).argmax(1).tolist() == [0] * 4
    assert Ensemble(nets, "probabilities")(X).argmax(1).tolist() == [1] * 4


def test_two_of_the_same_are_attacked_as_one(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    both = Ensemble([net, net])
    alone = sparring.attack(net, x[:20], y[:20], "mi_fgsm(steps=5)", "linf(0.1)", fast=False)
    together = sparring.attack(both, x[:20], y[:20], "mi_fgsm(steps=5)", "linf(0.1)", fast=False)
    assert torch.equal(alone.success, together.success)
    torch.testing.assert_close(alone.images, together.images, atol=1e-5, rtol=0)


def test_what_cannot_be_an_ensemble_is_refused() -> None:
    with pytest.raises(InputError, match="at least one model"):
        Ensemble([])
    with pytest.raises(InputError, match="did you mean 'logits'"):
        Ensemble([fixed(ONE)], "logit")  # type: ignore[arg-type]
    cats = load_model(fixed([0.0, 1.0]), classes=["cat", "dog"])
    with pytest.raises(InputError, match="the same classes in the same order"):
        ensemble_of([cats, load_model(fixed([0.0, 1.0]), classes=["dog", "cat"])])
    with pytest.raises(InputError, match="expected models with gradients in an ensemble"):
        ensemble_of([cats, dataclasses.replace(cats, access="decision")])


def test_loaded_models_keep_their_classes_and_names() -> None:
    pair = [load_model(fixed(ONE), classes=["a", "b", "c"]), load_model(fixed(TWO), classes=["a", "b", "c"])]
    both = ensemble_of(pair)
    assert both.classes == ("a", "b", "c")
    assert both.text == "mean of Linear, Linear"
    assert both.checksum != pair[0].checksum
