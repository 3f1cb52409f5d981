"""A fast twin proposes, the user's own model decides: twins that lie win nothing and cost little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks import Attack
from sparring.attacks._objectives import margin
from sparring.attacks._search import Search
from sparring.core import twin as twin_module
from sparring.victims import torch as victim_module

D = 4


@pytest.fixture
def lie(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Tensor], Tensor]], None]:
    """Put any function in the place of the fast twin."""

    def put(twin: Callable[[Tensor], Tensor]) -> None:
        monkeypatch.setattr(victim_module, "fast_twin", lambda *_, **__: (twin, 0))

    return put


def half_space(x: Tensor) -> Tensor:
    """Class 1 where the mean exceeds 0.6."""
    v = x.flatten(1).mean(1)
    return torch.stack([torch.full_like(v, 0.6), v], 1)


@dataclass(frozen=True)
class Climb(Attack):
    """A minimal attack on `half_space`: up the margin in small equal steps."""

    minimal = True
    free_threat = "linf(inf)"

    def passes(self, classes: int) -> int:
        return 60

    def run(self, search: Search) -> None:
        for step in range(30):
            _, slope = search.gradient(search.threat.clip(search.x, search.x + 0.01 * step), margin)
            assert slope.shape == search.x.shape


def test_a_twin_that_always_claims_success_is_believed_nowhere(lie: Callable[..., None]) -> None:
    """T20: no success that the model itself denies; what it costs is counted."""
    lie(lambda x: half_space(x) + torch.tensor([0.0, 5.0]))
    x, y = torch.full((3, D), 0.3), torch.zeros(3, dtype=torch.int64)
    found = sparring.attack(half_space, x, y, "bim(steps=4)", "linf(0.1)")
    assert not bool(found.success.any())
    assert torch.equal(found.images, x)
    # 1 look, 4 + 5 passes and 5 denials on the twin, 1 last look, and the repair's 4 + 5 on the model itself.
    assert (found.forwards + found.backwards).tolist() == [1 + 9 + 5 + 1 + 9] * 3


def test_what_a_lying_twin_misled_is_attacked_again_on_the_model(lie: Callable[..., None]) -> None:
    """T20, T47: the twin claims success at once and climbs the wrong way; the model itself can be broken."""
    lie(lambda x: half_space(1 - x) + torch.tensor([0.0, 5.0]))
    x, y = torch.full((3, D), 0.55), torch.zeros(3, dtype=torch.int64)
    found = sparring.attack(half_space, x, y, "bim(steps=4)", "linf(0.1)")
    assert bool(found.success.all())
    assert bool((half_space(found.images).argmax(1) == 1).all())


def test_a_twin_that_hides_success_still_gets_its_strongest_image_looked_at(lie: Callable[..., None]) -> None:
    """T20: logits a hair too low on the twin; the model is asked about the strongest image."""
    lie(lambda x: half_space(x) - torch.tensor([0.0, 0.3]))
    x, y = torch.full((2, D), 0.55), torch.zeros(2, dtype=torch.int64)
    found = sparring.attack(half_space, x, y, "bim(steps=4)", "linf(0.1)")
    assert bool(found.success.all())
    torch.testing.assert_close(found.logits, half_space(found.images))


@pytest.mark.parametrize("gap", [1e-6, 0.02])
def test_minimal_successes_are_pushed_or_repaired(lie: Callable[..., None], gap: float) -> None:
    """T20: the twin's boundary lies a hair (pushed over) or a step (attacked again) before the model's."""
    lie(lambda x: half_space(x) + torch.tensor([0.0, gap]))
    x, y = torch.full((2, D), 0.5005), torch.zeros(2, dtype=torch.int64)
    found = sparring.attack(half_space, x, y, Climb())
    assert bool(found.success.all())
    assert bool((half_space(found.images).argmax(1) == 1).all())
    assert found.distance.tolist() == pytest.approx([0.1] * 2, abs=0.011)
    repaired = int(found.backwards[0]) == 60
    assert repaired == (gap == 0.02)


def test_a_budget_holds_against_a_lying_twin(lie: Callable[..., None]) -> None:
    """T37: denials and repairs are paid from the same purse."""
    lie(lambda x: half_space(x) + torch.tensor([0.0, 5.0]))
    x, y = torch.full((3, D), 0.3), torch.zeros(3, dtype=torch.int64)
    for budget in range(2, 30):
        for method in ("bim(steps=4)", Climb()):
            found = sparring.attack(half_space, x, y, method, "linf(0.1)", budget=budget)
            assert int((found.forwards + found.backwards).max()) <= budget


def test_bfloat16_claims_are_confirmed_in_float32(
    digits_net: tuple[nn.Module, Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """T47: forced to bfloat16, the attack is as strong to within half a point in a hundred, and all of it holds."""
    monkeypatch.setattr(twin_module, "has_fast_bfloat16", lambda device: True)
    net, x, y = digits_net
    victim = victim_module.TorchVictim(net)
    fast = sparring.attack(victim, x, y, "pgd(steps=10)", "linf(0.08)")
    assert victim._twins[False].dtype == torch.bfloat16  # type: ignore[attr-defined]
    exact = sparring.attack(net, x, y, "pgd(steps=10)", "linf(0.08)", fast=False)
    assert torch.equal(net(fast.images).argmax(1) != y, fast.success)
    assert int(fast.success.sum()) >= int(exact.success.sum()) - 1
