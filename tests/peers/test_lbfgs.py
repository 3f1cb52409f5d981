"""L-BFGS, which the peers have not, beside their Carlini and Wagner and DeepFool, at equal passes or fewer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn

import sparring

pytestmark = pytest.mark.peers


@pytest.mark.parametrize(("steps", "search_steps"), [(25, 4), (100, 9)])
def test_as_near(
    robust_net: tuple[nn.Module, Tensor, Tensor],
    median_distance: Callable[..., float],
    steps: int,
    search_steps: int,
) -> None:
    foolbox = pytest.importorskip("foolbox")
    carlini_wagner_l2 = pytest.importorskip("adv_lib.attacks.carlini_wagner.l2").carlini_wagner_l2
    df = pytest.importorskip("adv_lib.attacks").df
    net, x, y = robust_net
    x, y = x[:100], y[:100]
    wrapped = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
    theirs = {"deepfool": median_distance(net, x, y, df(net, x, y, norm=2, steps=50), "l2")}
    for rate, first in [(0.01, 1e-3), (0.05, 1e-1), (0.1, 1.0)]:
        images = carlini_wagner_l2(
            net, x, y, binary_search_steps=search_steps, max_iterations=steps, learning_rate=rate, initial_const=first
        )
        theirs["adv_lib", rate] = median_distance(net, x, y, images, "l2")
        method = foolbox.attacks.L2CarliniWagnerAttack(search_steps, steps, rate, initial_const=first)
        theirs["foolbox", rate] = median_distance(net, x, y, method(wrapped, x, y, epsilons=None)[1], "l2")
    ours = sparring.attack(net, x, y, f"lbfgs(steps=20, search_steps={(2 * steps * search_steps - 23) // 40})")
    spent = float((ours.forwards + ours.backwards).double().mean())
    print(f"lbfgs {spent:.0f} passes: ours {float(ours.distance.median()):.4f}, {theirs}")
    assert spent <= 2 * steps * search_steps + 6  # checks and confirmations are ours alone
    assert ours.success.all()
    assert float(ours.distance.median()) <= min(theirs.values())
