"""Where the numbers of kernels lie in memory changes nothing but the time."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from sparring.core.tensors import stored
from sparring.gan import generate, recipe


def _is_last(net: nn.Module) -> list[bool]:
    """Say of every kernel in which order makes a difference whether its channels are last."""
    kernels = [p for p in net.parameters() if p.ndim == 4 and min(p.shape[1:]) > 1]
    return [kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels]


@pytest.mark.parametrize("text", ["baseline", "hinge", "began", "wgan_gp"])
def test_kernels_with_channels_last_give_the_scores_images_and_slopes_of_others(text: str) -> None:
    unit = recipe(text)
    generator, discriminator = unit.build((3, 28, 28), seed=3)
    assert all(_is_last(generator) + _is_last(discriminator))
    plain = [copy.deepcopy(net).to(memory_format=torch.contiguous_format) for net in (generator, discriminator)]
    assert not any(_is_last(plain[0]) + _is_last(plain[1]))
    x, z = torch.rand(4, 3, 28, 28), torch.randn(4, generator.latent)
    for one, other, given in zip((generator, discriminator), plain, (z, x), strict=True):
        one.eval(), other.eval()
        value, same = one(given), other(given)
        torch.testing.assert_close(value, same, rtol=1e-4, atol=1e-5)
        value.square().sum().backward()
        same.square().sum().backward()
        for a, b in zip(one.parameters(), other.parameters(), strict=True):
            assert a.grad is not None
            assert b.grad is not None
            torch.testing.assert_close(a.grad, b.grad, rtol=1e-3, atol=1e-3 * float(b.grad.abs().max()) + 1e-7)


@pytest.mark.parametrize("text", ["baseline", "wgan_gp"])
def test_penalties_on_slopes_pull_at_weights_as_with_kernels_in_the_usual_order(text: str) -> None:
    """A penalty is differentiated twice, which takes kernels through other code than a score does."""
    one = recipe(text).build((3, 28, 28), seed=3)[1]
    other = copy.deepcopy(one).to(memory_format=torch.contiguous_format)
    x = torch.rand(4, 3, 28, 28, requires_grad=True)
    for net in (one, other):
        (slope,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
        slope.square().sum().backward(inputs=list(net.parameters()))
    pulls = [(a.grad, b.grad) for a, b in zip(one.parameters(), other.parameters(), strict=True) if a.grad is not None]
    assert len(pulls) > 4
    for pull, same in pulls:
        torch.testing.assert_close(pull, same, rtol=1e-3, atol=1e-3 * float(same.abs().max()) + 1e-7)


def test_nets_that_are_no_faster_for_it_keep_the_usual_order() -> None:
    assert not any(_is_last(recipe("dcgan").build((3, 28, 28))[0]))


def test_what_leaves_is_in_the_usual_order() -> None:
    """Files and other code take samples and weights as rows of numbers."""
    generator, _ = recipe("baseline").build((3, 28, 28))
    assert generate(generator, 3).is_contiguous()
    assert all(value.is_contiguous() for value in stored(generator).values())
