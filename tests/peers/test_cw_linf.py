"""Carlini and Wagner's Linf attack beside adv_lib's, at equal passes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


def test_as_near(robust_net: tuple[nn.Module, Tensor, Tensor], median_distance: Callable[..., float]) -> None:
    carlini_wagner_linf = pytest.importorskip("adv_lib.attacks.carlini_wagner.linf").carlini_wagner_linf
    net, x, y = robust_net
    x, y = x[:60], y[:60]
    passes = 0

    def counted(images: Tensor) -> Tensor:
        nonlocal passes
        passes += len(images)
        return net(images)

    images = carlini_wagner_linf(counted, x, y, max_iterations=50, initial_const=1e-1)
    theirs = median_distance(net, x, y, images, "linf")
    ours = sparring.attack(net, x, y, "cw_linf")
    allowed = 2 * passes / len(x)
    spent = float((ours.forwards + ours.backwards).double().mean())
    print(f"cw_linf: ours {float(ours.distance.median()):.4f} in {spent:.0f}, adv_lib {theirs:.4f} in {allowed:.0f}")
    assert spent <= allowed
    assert ours.success.all()
    assert float(ours.distance.median()) <= theirs
