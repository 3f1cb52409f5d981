"""Saturated margins."""

import pytest
import torch

from sparring.errors import InputError
from sparring.models.saturated import Saturated, Squash


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_class_alone_is_positive(classes):
    z = torch.randn(50, classes)
    squashed = Squash(10)(z)
    assert torch.equal(squashed > 0, torch.nn.functional.one_hot(z.argmax(1), classes).bool())
    assert squashed.abs().max() <= 1


def test_T4_every_loss_of_the_logits_has_gradient_zero(fooled):
    net, x, _, _ = fooled
    x = x.clone().requires_grad_(True)
    z = Saturated().wrap(net)(x)
    (slope,) = torch.autograd.grad((z * torch.randn(10)).sum(), x)
    assert (slope.flatten(1).abs().amax(1) == 0).double().mean() > 0.5


def test_no_sharpness_is_refused():
    with pytest.raises(InputError, match="sharpness of saturated > 0"):
        Saturated(sharpness=0.0)
