"""The audit: exact on a linear model, the worst case per sample, and the same figure however it was run."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks._search import Search
from sparring.attacks.base import Attack
from sparring.audit._evidence import TESTS
from sparring.audit._protocols import PROTOCOLS, attacks_of
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.registry import parse_as
from sparring.threats import Threat


def linear_problem(n: int = 300, d: int = 20, seed: int = 0) -> tuple[nn.Module, Dataset, Tensor]:
    """Return a binary linear model, data away from the box's edges, and each sample's exact Linf distance."""
    g = torch.Generator().manual_seed(seed)
    net = nn.Linear(d, 2)
    with torch.no_grad():
        net.weight.copy_(torch.randn(2, d, generator=g))
        net.bias.zero_()
    x = 0.5 + 0.2 * (torch.rand(n, d, generator=g) - 0.5)
    w = (net.weight[1] - net.weight[0]).detach()
    score = x @ w + (net.bias[1] - net.bias[0]).detach()
    net.bias.data[1] -= score.median()
    score = score - score.median()
    y = (score > 0).long()
    y[::10] = 1 - y[::10]  # a tenth is wrong from the start
    return net, Dataset(x, y), score.abs() / w.abs().sum()


def test_the_figure_is_exact_on_a_linear_model() -> None:
    net, data, distance = linear_problem()
    eps = 1.01 * float(distance.median())  # between two samples, not on one
    found = sparring.audit(net, data, f"linf({eps})", n=300, attacks=("pgd",), curve=0)
    right = torch.ones(300, dtype=torch.bool)
    right[::10] = False
    exact = (right & (distance > eps)).double().mean()
    assert found.clean_accuracy == pytest.approx(0.9)
    assert found.robust_accuracy == pytest.approx(float(exact), abs=1 / 300)
    assert found.result["attacks"][0]["samples"] == 270
    assert found.interval[0] < found.robust_accuracy < found.interval[1]


@dataclass(frozen=True)
class BreaksHalf(Attack):
    """Breaks the samples whose first pixel is above one half, or those below: never all."""

    above: bool = True

    def passes(self, classes: int) -> int:
        return 1

    def run(self, search: Search) -> None:
        mine = (search.x[:, 0] > 0.5) == self.above
        flipped = torch.where(mine[:, None], 1 - search.x, search.x)
        search.logits(search.threat.project(search.x, flipped))


def test_t38_the_worst_case_is_per_sample() -> None:
    """T38: two attacks that each break half leave nothing standing, not one half."""
    x = torch.cat([torch.full((50, 1), 0.9), torch.full((50, 1), 0.1)])
    net = nn.Linear(1, 2)
    net.weight.data = torch.tensor([[-1.0], [1.0]])
    net.bias.data = torch.tensor([0.5, -0.5])
    data = Dataset(x, torch.tensor([1] * 50 + [0] * 50))
    alone = sparring.audit(net, data, "linf(1)", n=100, attacks=(BreaksHalf(True),), curve=0)
    both = sparring.audit(net, data, "linf(1)", n=100, attacks=(BreaksHalf(True), BreaksHalf(False)), curve=0)
    assert (alone.robust_accuracy, both.robust_accuracy) == (0.5, 0.0)
    assert [row["left_standing"] for row in both.result["attacks"]] == [50, 0]


def test_t26_the_curve_falls_and_meets_the_audit() -> None:
    """T26: the curve is monotone, starts at the clean accuracy and agrees with the audit at its ε."""
    net, data, distance = linear_problem()
    eps = 1.01 * float(distance.median())  # between two samples, not on one
    found = sparring.audit(net, data, f"linf({eps})", n=300, attacks=("pgd",), curve=300)
    points = found.result["curve"]["points"]
    values = [value for _, value in points]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(found.clean_accuracy)
    at_eps = next(value for e, value in points if e == eps)
    assert at_eps == pytest.approx(found.robust_accuracy, abs=0.011)
    exact = [float(((distance > e) & (torch.arange(300) % 10 != 0)).double().mean()) for e, _ in points]
    assert max(abs(a - b) for a, b in zip(values, exact, strict=True)) < 0.02


def test_batch_size_and_a_second_run_change_nothing() -> None:
    net, data, distance = linear_problem()
    threat = f"linf({float(distance.median())})"
    runs = [sparring.audit(net, data, threat, n=300, attacks=("pgd",), curve=0, batch_size=b) for b in (None, 32, 7)]
    assert len({run.robust_accuracy for run in runs}) == 1
    assert runs[0].samples == runs[1].samples == runs[2].samples


def test_the_audit_leaves_the_model_as_it_was() -> None:
    net, data, _ = linear_problem(n=40)
    net.train()
    state = torch.get_rng_state()
    sparring.audit(net, data, "linf(0.01)", n=40, attacks=("pgd",), curve=0)
    assert net.training
    assert all(p.grad is None and p.requires_grad for p in net.parameters())
    assert torch.equal(state, torch.get_rng_state())


def test_a_run_directory_holds_all_and_is_gone_on_with(tmp_path: Path) -> None:
    net, data, _ = linear_problem()
    first = sparring.audit(net, data, "linf(0.01)", n=300, attacks=("pgd",), curve=20, out=tmp_path / "run")
    for name in ("spec.json", "result.json", "log.jsonl", "samples.jsonl", "distances.json"):
        assert (tmp_path / "run" / name).exists(), name
    (tmp_path / "run" / "chunks" / "00001.json").unlink()  # as if killed before the last chunk was whole
    again = sparring.audit(net, data, "linf(0.01)", n=300, attacks=("pgd",), curve=20, out=tmp_path / "run")
    timeless = [_without_times(run.result) for run in (first, again)]
    assert timeless[0] == timeless[1]
    assert first.samples == again.samples


def test_a_directory_with_another_run_is_refused(tmp_path: Path) -> None:
    net, data, _ = linear_problem(n=30)
    sparring.audit(net, data, "linf(0.01)", n=30, attacks=("pgd",), curve=0, out=tmp_path)
    with pytest.raises(InputError, match=r"another threat .*choose another --out"):
        sparring.audit(net, data, "linf(0.02)", n=30, attacks=("pgd",), curve=0, out=tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"threat": "linf(inf)"}, "finite eps"),
        ({"attacks": ()}, "at least one attack"),
        ({"attacks": ("jsma",)}, "expected attacks for linf"),
        ({"n": 0}, "positive number of samples"),
    ],
)
def test_bad_requests_write_nothing(change: dict[str, object], words: str, tmp_path: Path) -> None:
    net, data, _ = linear_problem(n=30)
    request: dict[str, object] = {"threat": "linf(0.01)", "n": 30, "attacks": ("pgd",)} | change
    with pytest.raises(InputError, match=words):
        sparring.audit(net, data, out=tmp_path / "run", **request)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


SCRIPT = """
import torch, sys
from torch import nn
import sparring
from sparring.data import Dataset
g = torch.Generator().manual_seed(0)
net = nn.Sequential(nn.Linear(100, 256), nn.ReLU(), nn.Linear(256, 5))
for p in net.parameters():
    p.data = torch.randn(p.shape, generator=g) / p.shape[-1] ** 0.5
x = torch.rand(1000, 100, generator=g)
data = Dataset(x, net(x).argmax(1).detach())
sparring.audit(net, data, "linf(0.02)", n=1000, attacks=("pgd",), curve=0, out=sys.argv[1])
"""


@pytest.mark.slow
def test_a_killed_audit_goes_on_to_the_same_figure(tmp_path: Path) -> None:
    """Killed with SIGKILL after its first chunks and started again: the identical result, but for times."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    victim = subprocess.Popen([sys.executable, str(script), str(cut)], env=environment)
    deadline = time.monotonic() + 60
    while not (cut / "chunks" / "00001.json").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert not (cut / "result.json").exists(), "the run was over before it could be killed"
    subprocess.run([sys.executable, str(script), str(cut)], env=environment, check=True)
    subprocess.run([sys.executable, str(script), str(whole)], env=environment, check=True)
    results = [json.loads((folder / "result.json").read_text()) for folder in (cut, whole)]
    assert _without_times(results[0]) == _without_times(results[1])
    samples = [(folder / "samples.jsonl").read_text() for folder in (cut, whole)]
    assert samples[0] == samples[1]


def _without_times(result: dict[str, object]) -> dict[str, object]:
    copy = json.loads(json.dumps(result))
    copy.pop("seconds")
    for row in copy["attacks"]:
        row.pop("seconds")
    return dict(copy)


@pytest.mark.parametrize("threat", ["l2(0.05)", "l1(0.1)", "l0(2)"])
def test_every_norm_has_attacks_of_its_own(threat: str) -> None:
    net, data, _ = linear_problem(n=60)
    limit = parse_as(Threat, threat)
    found = sparring.audit(net, data, limit, n=60, curve=0)
    assert found.robust_accuracy < found.clean_accuracy
    assert [row["text"] for row in found.result["attacks"]] == [str(each) for each in attacks_of("fast", limit)]


@pytest.fixture(scope="module")
def digits_data(digits_net: tuple[nn.Module, Tensor, Tensor]) -> Dataset:
    _, x, y = digits_net
    return Dataset(x[:80], y[:80], tuple("0123456789"))


def test_the_fast_protocol_on_digits_is_as_low_as_a_long_search_and_sound(
    digits_net: tuple[nn.Module, Tensor, Tensor], digits_data: Dataset
) -> None:
    """Against fifty restarts of PGD on the margin, which share no code with the protocol's attacks."""
    net, _, _ = digits_net
    found = sparring.audit(net, digits_data, "linf(0.08)", n=80, curve=0)
    long = sparring.attack(net, *digits_data.take(), "pgd(steps=100, restarts=10, loss='margin')", "linf(0.08)")
    assert 0.2 < found.robust_accuracy < 0.8
    assert found.robust_accuracy <= long.robust_accuracy
    assert found.robust_accuracy >= long.robust_accuracy - 0.05
    assert found.result["protocol"] == "fast"
    assert found.verdict == "sound"
    judged = found.result["verdict"]
    assert judged["verdict"] == "sound"
    assert {each["name"] for each in judged["evidence"]} >= {"queries", "transfer", "noise", "unbounded"}
    assert (judged["findings"], judged["adapted"], judged["next"]) == ([], [], [])


@pytest.mark.slow
def test_what_the_evidence_breaks_counts_and_is_followed_up(
    digits_net: tuple[nn.Module, Tensor, Tensor], digits_data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T40, T38: a protocol that hardly searches, its failure found on a few samples and made good on all."""
    net, _, _ = digits_net
    monkeypatch.setitem(PROTOCOLS["fast"], "linf", ("pgd(steps=1, step_size=0.001, random_start=False)",))
    alone = sparring.audit(net, digits_data, "linf(0.12)", n=80, judge=False, curve=0)
    assert alone.robust_accuracy > 0.95
    assert alone.verdict is None
    judged = sparring.audit(net, digits_data, "linf(0.12)", n=80, curve=80)
    monkeypatch.undo()
    honest = sparring.audit(net, digits_data, "linf(0.12)", n=80, curve=0)
    assert judged.robust_accuracy == pytest.approx(honest.robust_accuracy, abs=0.02)
    doubtful = {each["name"] for each in judged.result["verdict"]["evidence"] if each["doubtful"]}
    assert doubtful >= {"queries", "one_step"}
    by = {record["broken_by"] for record in judged.samples} - {None}
    assert by & set(TESTS), "what the evidence broke stays broken"
    assert "apgd" in by, "and the rest was searched again"
    assert judged.robust_accuracy == sum(record["broken_by"] is None for record in judged.samples) / 80
    (at_eps,) = (value for e, value in judged.result["curve"]["points"] if e == 0.12)
    assert at_eps <= judged.robust_accuracy
    assert judged.result["attacks"][0]["left_standing"] == round(80 * alone.robust_accuracy)
    assert len(judged.result["attacks"]) > 1


def test_attacks_of_ones_own_are_judged_on_request_and_their_figure_stays(
    digits_net: tuple[nn.Module, Tensor, Tensor], digits_data: Dataset
) -> None:
    net, _, _ = digits_net
    weak = {"attacks": ("pgd(steps=1, step_size=0.001, random_start=False)",), "n": 80, "curve": 0}
    plain = sparring.audit(net, digits_data, "linf(0.12)", **weak)  # type: ignore[arg-type]
    asked = sparring.audit(net, digits_data, "linf(0.12)", judge=True, **weak)  # type: ignore[arg-type]
    assert plain.verdict is None
    assert asked.verdict == "suspect"
    assert asked.robust_accuracy == plain.robust_accuracy
    assert asked.samples == plain.samples
    assert plain.result["protocol"] == "custom"


@pytest.mark.slow
def test_t32_a_random_model_is_audited_by_majority(
    digits_net: tuple[nn.Module, Tensor, Tensor], digits_data: Dataset
) -> None:
    """T32: a third of the answers are another label; whoever asks often enough must not win by luck."""
    net, _, _ = digits_net

    class Flips(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            logits = net(x)
            return torch.where(torch.rand(len(x), 1) < 0.3, logits.roll(1, 1), logits)

    few = {"n": 10, "curve": 0, "judge": False}
    found = sparring.audit(Flips(), digits_data, "linf(0.0001)", **few)  # type: ignore[arg-type]
    assert (found.clean_accuracy, found.robust_accuracy) == (1, 1)
    strong = sparring.audit(Flips(), digits_data, "linf(0.12)", **few)  # type: ignore[arg-type]
    honest = sparring.audit(net, digits_data, "linf(0.12)", **few)  # type: ignore[arg-type]
    assert strong.robust_accuracy == pytest.approx(honest.robust_accuracy, abs=0.11)


def test_an_unknown_protocol_writes_nothing(tmp_path: Path) -> None:
    net, data, _ = linear_problem(n=30)
    with pytest.raises(InputError, match="did you mean 'thorough'"):
        sparring.audit(net, data, "linf(0.01)", n=30, protocol="thorogh", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("change", [{"protocol": "autoattack"}, {"judge": True}, {"attacks": ("fgsm",)}])
def test_a_directory_with_another_protocol_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    net, data, _ = linear_problem(n=30)
    sparring.audit(net, data, "linf(0.01)", n=30, judge=False, curve=0, out=tmp_path)
    with pytest.raises(InputError, match="choose another --out"):
        sparring.audit(net, data, "linf(0.01)", n=30, curve=0, out=tmp_path, **{"judge": False, **change})  # type: ignore[arg-type]
