"""Protocols: every one is a list of attacks that run, for each norm and whatever the victim shows."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import sparring
from sparring.attacks import Attack, attack
from sparring.audit._protocols import DRAWS, EOT_DRAWS, MORE_STEPS, PROTOCOLS, QUERIES, STANDARD, attacks_of
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.registry import parse_as, show
from sparring.threats import Threat
from sparring.victims.base import ACCESS

NORMS = ("linf", "l2", "l1", "l0")
LISTS = [(protocol, norm) for protocol, table in PROTOCOLS.items() for norm in table]


@pytest.mark.parametrize(("protocol", "norm"), LISTS)
def test_every_list_is_of_attacks_for_its_norm_that_keep_the_label_free(protocol: str, norm: str) -> None:
    methods = attacks_of(protocol, parse_as(Threat, f"{norm}(3)"))
    assert len(methods) >= 2
    for method, text in zip(methods, PROTOCOLS[protocol][norm], strict=True):
        assert isinstance(method, Attack)
        assert norm in method.norms
        assert method.goals != "targeted"
        assert parse_as(Attack, show(method)) == parse_as(Attack, text)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("access", ["scores", "decision"])
@pytest.mark.parametrize("norm", NORMS)
def test_without_gradients_the_list_needs_no_more_than_is_shown(protocol: str, access: str, norm: str) -> None:
    limit = parse_as(Threat, f"{norm}(3)")
    if norm not in QUERIES[access]:  # type: ignore[index]
        with pytest.raises(InputError, match=f"a victim that shows {access} only") as error:
            attacks_of(protocol, limit, access)  # type: ignore[arg-type]
        assert "\n" not in str(error.value)
        return
    for method in attacks_of(protocol, limit, access):  # type: ignore[arg-type]
        assert ACCESS.index(method.needs) <= ACCESS.index(access)  # type: ignore[arg-type]
        assert norm in method.norms


def test_the_standard_ensemble_is_the_published_one() -> None:
    """Croce and Hein 2020, section 6: APGD-CE, targeted APGD-DLR, targeted FAB, Square, with these budgets."""
    apgd, apgd_t, fab, square = attacks_of("autoattack", parse_as(Threat, "linf(0.1)"))
    assert (apgd.name(), apgd.steps, apgd.restarts, apgd.loss) == ("apgd", 100, 1, "ce")  # type: ignore[attr-defined]
    assert (apgd_t.name(), apgd_t.steps, apgd_t.targets, apgd_t.loss) == ("apgd_t", 100, 9, "dlr")  # type: ignore[attr-defined]
    assert (fab.name(), fab.targets) == ("fab", 9)  # type: ignore[attr-defined]
    assert (square.name(), square.queries) == ("square", 5000)  # type: ignore[attr-defined]
    assert [method.name() for method in attacks_of("autoattack", parse_as(Threat, "l1(12)"))] == [
        "apgd", "apgd_t", "fab", "square",
    ]  # fmt: skip


def test_thorough_runs_all_that_the_standard_does_and_more() -> None:
    for norm in ("linf", "l2", "l1"):
        names = {method.name() for method in attacks_of("thorough", parse_as(Threat, f"{norm}(1)"))}
        assert names >= {"apgd", "apgd_t", "fab", "square"}
        assert len(PROTOCOLS["thorough"][norm]) > len(STANDARD)
    assert all(isinstance(parse_as(Attack, text), Attack) for text in MORE_STEPS)


def test_rand_averages_over_more_draws() -> None:
    """Croce and Hein 2020 have 20 draws for random defenses."""
    assert DRAWS == {"rand": 20}
    assert EOT_DRAWS < 20


@pytest.mark.parametrize("access", ACCESS)
def test_an_unknown_protocol_is_one_line_with_a_guess(access: str) -> None:
    with pytest.raises(InputError, match=r"expected a protocol, got .autoatack.; did you mean .autoattack.\?") as error:
        attacks_of("autoatack", parse_as(Threat, "linf(0.1)"), access)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_a_protocol_without_a_list_for_the_norm_says_which_it_has() -> None:
    with pytest.raises(InputError, match=r"expected a threat in linf, l2, l1 for autoattack, got l0\(3\)"):
        attacks_of("autoattack", parse_as(Threat, "l0(3)"))


@pytest.mark.parametrize("protocol", ["fast", "autoattack"])
@pytest.mark.parametrize("k", [2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_t1_two_and_three_classes_run_and_the_figure_is_exact(protocol: str, k: int, norm: str) -> None:
    """T1: DLR needs a third logit, targeted DLR a fourth; on a linear model the answer is known in closed form."""
    g = torch.Generator().manual_seed(k)
    net = nn.Linear(8, k).requires_grad_(False)
    net.weight.data, net.bias.data = torch.randn(k, 8, generator=g), torch.zeros(k)
    x = 0.5 + 0.1 * (torch.rand(60, 8, generator=g) - 0.5)
    net.bias.data -= (x @ net.weight.T).mean(0)
    logits = net(x)
    y = logits.argmax(1)
    dual = {"linf": lambda w: w.abs().sum(-1), "l2": lambda w: w.norm(dim=-1), "l1": lambda w: w.abs().amax(-1)}[norm]
    size = dual(net.weight[y][:, None] - net.weight[None]).scatter(1, y[:, None], torch.inf)
    lead = (logits.gather(1, y[:, None]) - logits).scatter(1, y[:, None], 1.0)
    distance = (lead / size).scatter(1, y[:, None], torch.inf).amin(1)
    ordered = distance.sort().values
    eps = float(ordered[29] + ordered[30]) / 2  # between two samples, not on one
    methods = attacks_of(protocol, parse_as(Threat, f"{norm}({eps})"))
    found = [attack(net, x, y, method, f"{norm}({eps})").success for method in methods[:3]]
    within = distance < eps * 0.98
    beyond = distance > eps
    assert 20 < int(within.sum()) < 40
    assert all(not bool(success[beyond].any()) for success in found)
    assert bool(torch.stack(found).any(0)[within].all())


@pytest.mark.parametrize("k", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_t1_the_whole_standard_ensemble_in_an_audit(k: int) -> None:
    """T1: the same in the audit itself, verdict and all."""
    net = nn.Linear(6, k).requires_grad_(False)
    x = 0.5 + 0.1 * (torch.rand(24, 6) - 0.5)
    net.bias.data -= (net(x)).mean(0)
    data = Dataset(x, net(x).argmax(1), tuple("abc"[:k]))
    found = sparring.audit(net, data, "linf(0.02)", n=24, protocol="autoattack", curve=0)
    assert [row["name"] for row in found.result["attacks"]][:4] == ["apgd", "apgd_t", "fab", "square"]
    assert 0 < found.robust_accuracy < 1
    assert found.verdict == "sound"
