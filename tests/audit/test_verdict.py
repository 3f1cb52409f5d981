"""One word from the evidence, with its reasons and what to do next."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.audit._evidence import TESTS
from sparring.audit._examine import Examination
from sparring.audit._protocols import QUERIES
from sparring.audit._verdict import NEXT, NOTHING_LEFT, verdict
from sparring.data import Dataset
from sparring.registry import parse
from sparring.victims.black_box import BlackBox
from sparring.victims.torch import TorchVictim

Digits = tuple[nn.Module, Tensor, Tensor]
NET = nn.Linear(4, 2)
BOX = BlackBox(NET, "scores", 2)
PLAIN = Examination(TorchVictim(NET), BOX, 2, {"access": "scores"})
BLIND = Examination(None, BOX, 2, {"access": "scores"}, ("found",), ("adapted",))


def evidence(*doubtful: str) -> list[dict[str, Any]]:
    return [{"name": name, "doubtful": name in doubtful, "says": f"{name} says", "broken": ()} for name in TESTS]


def test_no_doubt_is_sound_and_says_what_was_tried() -> None:
    judged = verdict(0.5, PLAIN, evidence(), standing=50)
    assert judged["verdict"] == "sound"
    assert judged["reasons"] == [f"{name} says" for name in TESTS]
    assert judged["next"] == []
    assert judged["evidence"] == evidence()


@pytest.mark.parametrize("name", [name for name in TESTS if name != "stationarity"])
def test_t41_one_doubt_is_enough_and_comes_with_advice(name: str) -> None:
    """T41: every test that can doubt has advice of its own."""
    judged = verdict(NOTHING_LEFT + 0.001, PLAIN, evidence(name), standing=3)
    assert (judged["verdict"], judged["reasons"], judged["next"]) == ("suspect", [f"{name} says"], [NEXT[name]])


def test_the_same_advice_is_given_once() -> None:
    judged = verdict(0.5, PLAIN, evidence("transfer", "noise", "more_steps", "smaller"), standing=50)
    assert len(judged["reasons"]) == 4
    assert len(judged["next"]) == len(set(judged["next"])) == 2


@pytest.mark.parametrize(("robust", "word"), [(0.0, "sound"), (0.02, "sound"), (0.0201, "suspect"), (1.0, "suspect")])
def test_a_figure_of_next_to_nothing_cannot_be_much_too_kind(robust: float, word: str) -> None:
    judged = verdict(robust, PLAIN, evidence("noise"), standing=round(robust * 100))
    assert judged["verdict"] == word
    assert any("noise says" in each for each in judged["reasons"])
    assert bool(judged["next"]) == (word == "suspect")
    if word == "sound":
        left = "nothing was left standing" if robust == 0 else "next to nothing was left standing"
        assert judged["reasons"] == [left, "although noise says"]


def test_without_a_gradient_a_figure_is_suspect_whatever_else() -> None:
    judged = verdict(0.5, BLIND, evidence(), standing=50)
    assert judged["verdict"] == "suspect"
    assert "queries alone" in judged["reasons"][0]
    assert judged["next"] == [NEXT["no_gradient"]]
    assert (judged["findings"], judged["adapted"]) == (["found"], ["adapted"])
    assert verdict(0.0, BLIND, [], standing=0)["verdict"] == "sound"


def test_t41_an_audit_of_hidden_gradients_that_stay_hidden_is_suspect(
    digits_net: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T41: a model whose values leave torch has no gradient to find, and is told apart from an honest one."""
    net, x, y = digits_net
    monkeypatch.setitem(QUERIES["scores"], "linf", ("square(queries=300)",))  # the whole list takes seconds

    class Opaque(nn.Module):
        def forward(self, z: Tensor) -> Tensor:
            values = z.detach().numpy().tolist()
            with torch._C.DisableTorchFunction(), torch.no_grad():
                return net(torch.tensor(values))

    data = Dataset(x[:6], y[:6], tuple("0123456789"))
    hidden = sparring.audit(Opaque(), data, "linf(0.03)", n=6, curve=0)
    assert hidden.verdict == "suspect"
    assert sparring.audit(net, data, "linf(0.03)", n=6, curve=0).verdict == "sound"


@pytest.mark.slow
def test_t41_a_fault_that_is_gone_around_leaves_a_sound_figure(digits_net: Digits) -> None:
    """T41: the quantized net stands as high as the net inside it, and no higher."""
    net, x, y = digits_net
    data = Dataset(x[:40], y[:40], tuple("0123456789"))
    figures = [
        sparring.audit(model, data, "linf(0.08)", n=40, curve=0)
        for model in (net, parse("quantized(levels=64)").wrap(net).eval())
    ]
    assert [each.verdict for each in figures] == ["sound", "sound"]
    assert 0.2 < figures[0].robust_accuracy < 0.8
    assert figures[1].robust_accuracy == pytest.approx(figures[0].robust_accuracy, abs=0.06)
    assert figures[1].result["verdict"]["adapted"]
