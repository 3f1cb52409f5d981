"""The verb: figures that follow from the records, resumed to the same bits, in any order, refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from sparring.attacks import attack
from sparring.certificates import certify
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards.smoothing import Smoothing
from sparring.registry import parse


class Plane(nn.Module):
    """Class 1 right of one half."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        score = x.flatten(1)[:, 0] - 0.5
        return torch.stack([-score, score], 1)


def line(*places: float, labels: tuple[int, ...]) -> Dataset:
    return Dataset(torch.tensor(places)[:, None], torch.tensor(labels))


def test_wrong_abstained_and_proven_are_counted_as_such() -> None:
    """T43: right and far, wrong and far, on the edge (abstains, and is wrong at every radius)."""
    found = certify(Plane(), line(0.9, 0.1, 0.9, 0.5, labels=(1, 0, 0, 1)), 0.25, draws=2000, radii=[0, 0.3, 0.39, 0.5])
    assert [r["radius"] is None for r in found.samples] == [False, False, False, True]
    assert found.radii[2] == found.radii[3] == -1
    assert [row["count"] for row in found.result["certified"]] == [2, 2, 0, 0]
    assert found.result["abstained"] == 0.25
    assert 0.5 <= found.result["smoothed_accuracy"] <= 0.75
    assert found.certified_accuracy(0) == found.result["curve"]["points"][0][1] == 0.5
    heights = [share for _, share in found.result["curve"]["points"]]
    assert heights == sorted(heights, reverse=True)


def test_a_radius_of_zero_counts_at_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    from sparring.certificates import _figures

    samples = [{"index": 0, "label": 1, "clean": 1, "predicted": 1, "most": 1, "votes": 5, "radius": 0.0}]
    assert _figures.figures(samples, sigma=0.25, draws=10, alpha=0.001, radii=[0.0, 0.1])["certified"][0]["count"] == 1


def test_a_sample_s_proof_does_not_depend_on_its_company() -> None:
    data = line(0.2, 0.4, 0.6, 0.7, 0.9, labels=(0, 0, 1, 1, 1))
    whole = certify(Plane(), data, 0.3, draws=300)
    few = certify(Plane(), data, 0.3, n=2, draws=300, seed=0)
    known = {r["index"]: r for r in whole.samples}
    assert all(known[r["index"]] == r for r in few.samples)
    other = certify(Plane(), data, 0.3, draws=300, seed=1)
    assert [r["votes"] for r in other.samples] != [r["votes"] for r in whole.samples]


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(50, 1, generator=generator)
    data = Dataset(x, (x[:, 0] > 0.5).long())
    whole = certify(Plane(), data, 0.3, draws=100, out=tmp_path / "whole")

    class Killed(Exception):
        pass

    def kill(done: int, total: int, proven: int) -> None:
        if done == 33:
            raise Killed

    with pytest.raises(Killed):
        certify(Plane(), data, 0.3, draws=100, out=tmp_path / "cut", progress=kill)
    told: list[int] = []
    again = certify(Plane(), data, 0.3, draws=100, out=tmp_path / "cut", progress=lambda done, *_: told.append(done))
    assert told[0] == 21, "the first part was done again"
    assert again.samples == whole.samples
    assert again.result["certified"] == whole.result["certified"]
    lines = (tmp_path / "cut" / "samples.jsonl").read_text().splitlines()
    assert [json.loads(each) for each in lines] == whole.samples
    with pytest.raises(InputError, match="another sigma"):
        certify(Plane(), data, 0.2, draws=100, out=tmp_path / "cut")


def test_labels_are_enough() -> None:
    """A classifier that shows labels alone can be certified: nothing else is asked of it."""
    from sparring.models import LoadedModel
    from sparring.models._loaded import CallableModel

    labels = LoadedModel(CallableModel(lambda x: (x[:, 0] > 0.5).long()), "labels", access="decision", num_classes=2)
    data = line(0.9, 0.2, labels=(1, 0))
    shown = certify(labels, data, 0.25, draws=500)
    assert [r["votes"] for r in shown.samples] == [r["votes"] for r in certify(Plane(), data, 0.25, draws=500).samples]


def test_what_cannot_be_certified_is_refused() -> None:
    data = line(0.9, labels=(1,))
    with pytest.raises(InputError, match="alpha in"):
        certify(Plane(), data, 0.25, alpha=0.7)
    with pytest.raises(InputError, match="sigma > 0"):
        certify(Plane(), data, 0.0)
    with pytest.raises(InputError, match="smoothed already"):
        certify(Smoothing().fit(Plane(), data, data), data, 0.25)


def test_the_curve_on_digits_and_that_no_attack_gets_inside_it(noise_net: tuple[nn.Module, Dataset]) -> None:
    """A net trained with noise has radii; the strongest L2 attack on its smoothed version finds nothing inside them."""
    net, test = noise_net
    found = certify(net, test, 0.25, n=60, draws=500)
    assert found.certified_accuracy(0) > 0.85
    assert found.certified_accuracy(0.25) > 0.6
    assert found.certified_accuracy(0.5) > 0.15
    proven = [r for r in found.samples if r["predicted"] == r["label"] and (r["radius"] or 0) >= 0.3][:16]
    x, y = test.take([r["index"] for r in proven])
    smoothed = Smoothing(sigma=0.25, draws=50, recount=300).fit(net, test, test)
    inside = attack(smoothed, x, y, "apgd(steps=15)", "l2(0.3)", fast=False, early_stop=False)
    assert not inside.success.any()
    assert torch.equal(_said(net, inside.strongest), y), "an attack inside a certified radius changed the vote"
    far = attack(smoothed, x, y, "apgd(steps=15)", "l2(2.5)", fast=False)
    assert far.success_rate > 0.8, "the attack would find nothing anywhere"


@pytest.mark.slow
def test_no_attack_of_each_radius_s_own_length_gets_inside(noise_net: tuple[nn.Module, Dataset]) -> None:
    net, test = noise_net
    found = certify(net, test, 0.25, n=25, draws=2000)
    smoothed = Smoothing(sigma=0.25, recount=300).fit(net, test, test)
    for record in [r for r in found.samples if r["predicted"] == r["label"] and r["radius"] is not None]:
        x, y = test.take([record["index"]])
        for method in ("apgd(steps=20)", "pgd(steps=20, loss='margin')"):
            inside = attack(smoothed, x, y, method, f"l2({max(record['radius'], 1e-3)})", fast=False, early_stop=False)
            assert torch.equal(_said(net, inside.strongest, 20_000), y)


def _said(net: nn.Module, x: torch.Tensor, draws: int = 4000) -> torch.Tensor:
    """The vote of many copies with noise that no attack has seen."""
    noise = torch.randn(draws, *x.shape[1:], generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        return torch.stack([net(image + 0.25 * noise).argmax(1).mode().values for image in x])


def test_a_plain_net_can_be_proven_less_than_one_trained_with_noise(
    noise_net: tuple[nn.Module, Dataset], digits_net: tuple[nn.Module, torch.Tensor, torch.Tensor]
) -> None:
    net, test = noise_net
    noisy, plain = (certify(each, test, 0.25, n=30, draws=300) for each in (net, digits_net[0]))
    assert plain.result["plain_accuracy"] > 0.9
    assert noisy.certified_accuracy(0.25) > plain.certified_accuracy(0.25) + 0.2


def test_the_guard_and_the_certificate_agree_on_the_answer(noise_net: tuple[nn.Module, Dataset]) -> None:
    net, test = noise_net
    found = certify(net, test, 0.25, n=25, draws=300)
    x, _ = test.take([r["index"] for r in found.samples])
    guard = parse("smoothing(sigma=0.25)", "guard")
    assert isinstance(guard, Smoothing)
    said = guard.fit(net, test, test)(x).argmax(1)
    sure = torch.tensor([(r["radius"] or 0) > 0.1 for r in found.samples])
    assert torch.equal(said[sure], torch.tensor([r["predicted"] for r in found.samples])[sure])
