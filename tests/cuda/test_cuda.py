"""On an NVIDIA GPU everything gives what it gives on the CPU (`pytest -m cuda`; skipped where there is none)."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks import Attack
from sparring.core.mirror import Mirror
from sparring.core.seeds import Streams, sample_keys
from sparring.harden import Recipe
from sparring.registry import units

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"),
    pytest.mark.filterwarnings("ignore::sparring.errors.SparringWarning"),
]

EPS = {"linf": "linf(0.1)", "l2": "l2(0.8)", "l1": "l1(4)", "l0": "l0(4)"}
CLASSES = [cast(type[Attack], cls) for cls in units("attack").values()]
ATTACKS = [(cls, norm) for cls in CLASSES for norm in cls.norms]
SHORT = {"steps": 20, "search_steps": 3, "rounds": 4, "restarts": 1, "queries": 200}
FEW = 40
DEV = "cuda"


def short(cls: type[Attack]) -> Attack:
    """Return the attack with few steps: both devices take the same ones."""
    unit, fields = cls(), {field.name for field in dataclasses.fields(cls)}
    return dataclasses.replace(unit, **{key: min(n, getattr(unit, key)) for key, n in SHORT.items() if key in fields})


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Multiply in float32 as the CPU does; TF32 keeps ten bits."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def test_the_same_random_numbers(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T31: numbers belong to a sample, not to a device."""
    _, x, _ = digits_net
    here, there = Streams(sample_keys(x, 0)), Streams(sample_keys(x.to(DEV), 0))
    assert torch.equal(here.uniform((5,)), there.uniform((5,)).cpu())
    torch.testing.assert_close(here.normal((5,)), there.normal((5,)).cpu())


@pytest.mark.parametrize(("cls", "norm"), ATTACKS, ids=[f"{cls.name()}-{norm}" for cls, norm in ATTACKS])
def test_attacks_break_as_many(cls: type[Attack], norm: str, digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    x, y, unit, far = x[:FEW], y[:FEW], short(cls), copy.deepcopy(net).to(DEV)
    targets = (y + 1) % 10 if cls.goals == "targeted" else None
    away = targets.to(DEV) if targets is not None else None
    for fast in (False, True):
        here = sparring.attack(net, x, y, unit, EPS[norm], targets=targets, seed=1, fast=fast)
        there = sparring.attack(far, x.to(DEV), y.to(DEV), unit, EPS[norm], targets=away, seed=1, fast=fast)
        assert there.images.device.type == "cuda"
        assert abs(int(here.success.sum()) - int(there.success.sum())) <= 3


def test_a_mirror_is_the_net(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, _ = digits_net
    far = copy.deepcopy(net).to(DEV)
    with torch.no_grad():
        torch.testing.assert_close(Mirror(far, x[:4].to(DEV)).logits(x.to(DEV)), far(x.to(DEV)), rtol=1e-3, atol=1e-3)


def test_an_audit_is_the_same(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, _, _ = digits_net
    here = sparring.audit(copy.deepcopy(net), "digits:test", "linf(0.05)", n=100, curve=20)
    there = sparring.audit(copy.deepcopy(net).to(DEV), "digits:test", "linf(0.05)", n=100, curve=20)
    assert here.clean_accuracy == there.clean_accuracy
    assert abs(here.robust_accuracy - there.robust_accuracy) <= 0.02
    assert here.verdict == there.verdict


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("defense", ["adversarial(steps=2, carry=True)", "trades", "awp(of=mart(steps=2))"])
def test_hardening_learns(defense: str, precision: str, tmp_path: Path) -> None:
    recipe = Recipe(epochs=12, batch_size=64, precision=precision)  # type: ignore[arg-type]
    found = sparring.harden(
        "resnet(width=8)", "digits:train", "linf(0.1)", defense, recipe=recipe, n=100, before=False,
        out=tmp_path / "run", device="cuda",
    )  # fmt: skip
    figures = found.result["after"]
    assert figures["clean_accuracy"] >= 0.9
    assert figures["robust_accuracy"] >= 0.5
    assert sparring.load_model(tmp_path / "run", input_shape=(1, 8, 8)).module is not None
