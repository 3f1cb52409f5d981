"""Carlini and Wagner's L0 attack beside adv_lib's σ-zero, a later and stronger method: no peer here has this one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


def test_as_few(robust_net: tuple[nn.Module, Tensor, Tensor], median_distance: Callable[..., float]) -> None:
    sigma_zero = pytest.importorskip("adv_lib.attacks").sigma_zero
    net, x, y = robust_net
    x, y = x[:60], y[:60]
    theirs = median_distance(net, x, y, sigma_zero(net, x, y, num_steps=500), "l0")
    ours = sparring.attack(net, x, y, "cw_l0")
    print(f"cw_l0: ours {float(ours.distance.median()):.0f}, sigma_zero {theirs:.0f}")
    assert ours.success.all()
    assert float(ours.distance.median()) <= 1.1 * theirs
