"""A torch model as a victim: gradients against finite differences, twins that follow the weights, clear errors."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from sparring.attacks._objectives import ce, margin
from sparring.core.twin import Twin
from sparring.errors import InputError
from sparring.victims.torch import TorchVictim, jacobian, logits_of, value_and_gradient

X = torch.rand(5, 3, 6, 6, generator=torch.Generator().manual_seed(0))


def net() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(64, 3)).eval()


def test_gradients_agree_with_finite_differences() -> None:
    """T6: of the sum over samples, so the rows are those of each sample alone."""
    model, x, y = net().double(), X.double(), torch.tensor([0, 1, 2, 0, 1])
    logits, values, slope = value_and_gradient(model, x, lambda out: ce(out, y, None))
    torch.testing.assert_close(logits, model(x))
    torch.testing.assert_close(values, ce(model(x), y, None))
    way = torch.randn(x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    h = 1e-5
    rise = (ce(model(x + h * way), y, None) - ce(model(x - h * way), y, None)) / (2 * h)
    torch.testing.assert_close((slope * way).flatten(1).sum(1), rise, rtol=1e-6, atol=1e-8)


def test_a_jacobian_is_the_gradient_of_each_weighting() -> None:
    model, y = net(), torch.zeros(5, dtype=torch.int64)
    directions = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(2))
    logits, slopes = jacobian(model, X, directions)
    torch.testing.assert_close(logits, model(X))
    assert slopes.shape == (5, 2, *X.shape[1:])
    for index in range(2):
        _, _, want = value_and_gradient(model, X, lambda out, i=index: (out * directions[:, i]).sum(1))
        torch.testing.assert_close(slopes[:, index], want)
    _, _, want = value_and_gradient(model, X, lambda out: margin(out, y, y + 1))
    assert want.shape == X.shape


def test_nothing_is_left_on_weights_or_images() -> None:
    """T29: no weight gradient is computed, no graph is kept."""
    model = net()
    logits, values, slope = value_and_gradient(model, X, lambda out: out[:, 0])
    _, slopes = jacobian(model, X, torch.eye(3).expand(5, 3, 3))
    assert all(p.grad is None for p in model.parameters())
    assert not any(t.requires_grad for t in (X, logits, values, slope, slopes, logits_of(model, X)))


@pytest.mark.parametrize(
    "model", [lambda x: x.detach().mean((2, 3)), lambda x: torch.tensor(x.detach().numpy()).mean((2, 3))]
)
def test_a_model_without_gradients_is_met_with_a_clear_word(model: object) -> None:
    """T33."""
    for call in (
        lambda: value_and_gradient(model, X, lambda out: out[:, 0]),  # type: ignore[arg-type]
        lambda: jacobian(model, X, torch.eye(3).expand(5, 3, 3)),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match="expected a model with gradients, got one that is not differentiable"):
            call()


def test_a_model_that_uses_weights_but_not_the_image_has_no_gradient_either() -> None:
    weight = torch.ones(3, requires_grad=True)
    with pytest.raises(InputError, match="expected a model with gradients"):
        value_and_gradient(lambda x: weight.expand(len(x), 3), X, lambda out: out[:, 0])


@pytest.mark.parametrize("error", [RuntimeError, TypeError, ValueError, IndexError, AssertionError])
def test_an_error_in_the_model_is_told_in_one_line(error: type[Exception]) -> None:
    def model(x: Tensor) -> Tensor:
        raise error("wrong channels\nand a long story")

    with pytest.raises(InputError, match=r"takes torch.float32 images of shape \(3, 6, 6\), got .*: wrong channels$"):
        TorchVictim(model).answer(X)


def test_an_input_error_of_the_model_passes_as_it_is() -> None:
    def model(x: Tensor) -> Tensor:
        raise InputError("expected A, got B")

    with pytest.raises(InputError, match=r"^expected A, got B$"):
        TorchVictim(model).answer(X)


def test_a_model_that_works_in_place_changes_no_image() -> None:
    x = X.clone()

    def model(z: Tensor) -> Tensor:
        return z.mul_(0).mean((2, 3))

    victim = TorchVictim(model)
    victim.answer(x)
    logits_of(model, x)
    value_and_gradient(model, x, lambda out: out[:, 0])
    assert torch.equal(x, X)


def test_a_twin_is_made_once_and_again_when_the_weights_have_moved() -> None:
    """T20: a victim kept across a training step must not attack the old weights."""
    victim = TorchVictim(net())
    with victim.frozen():
        logits = victim.answer(X)
        first = victim.swift(X, logits, exact=True)
        assert isinstance(first, Twin)
        spent = victim.checks
        assert spent > 0
        assert victim.swift(X, logits, exact=True) is first
        assert victim.checks == spent
    with torch.no_grad():
        victim.model[3].weight.data.add_(0.1)  # type: ignore[index]
    with victim.frozen():
        second = victim.swift(X, victim.answer(X), exact=True)
        assert second is not first
        torch.testing.assert_close(second(X), victim.answer(X), rtol=1e-4, atol=1e-4)


def test_without_fast_the_model_itself_is_used() -> None:
    victim = TorchVictim(net(), fast=False)
    assert victim.swift(X, victim.answer(X), exact=False) is victim.model
    assert victim.checks == 0


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(InputError, match="expected a model: a torch module or a callable, got str"):
        TorchVictim("resnet")  # type: ignore[arg-type]
