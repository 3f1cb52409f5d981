"""The audit of a guarded model: three figures that are exact in the plane, and never kinder to who knows more (T42)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.audit._audit import align_names
from sparring.audit._evidence import Case, noise
from sparring.audit._guarded import classifier_of, figures_of_guard, missed
from sparring.data import Dataset
from sparring.guards import Rejecting
from sparring.models import LoadedModel, load_model
from sparring.registry import parse_as
from sparring.report import audit_page
from sparring.threats import Threat
from sparring.victims.black_box import BlackBox


class Strip(Rejecting):
    """Class 1 right of the middle; refused above a height."""

    def __init__(self, height: float) -> None:
        line = nn.Linear(2, 2)
        with torch.no_grad():
            line.weight.copy_(torch.tensor([[-2.0, 0.0], [2.0, 0.0]]))
            line.bias.copy_(torch.tensor([1.0, -1.0]))
        super().__init__(line)
        self.height = height

    def judge(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits: Tensor = self.net(x)
        return logits, 2 * (x[:, 1] - self.height)


class Near(Strip):
    """Refused where the classifier is unsure: within a tenth of the middle."""

    def judge(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits: Tensor = self.net(x)
        return logits, 0.2 - (logits[:, 1] - logits[:, 0]).abs() / 2


def points() -> tuple[Dataset, Tensor]:
    """Points of the plane with their true side, and how far each lies from the middle."""
    x = torch.rand(300, 2, generator=torch.Generator().manual_seed(0))
    return Dataset(x, (x[:, 0] > 0.5).long()), (x[:, 0] - 0.5).abs()


def audited(model: nn.Module, eps: float, **options: Any) -> Any:
    return sparring.audit(
        model, points()[0], f"linf({eps})", n=300, attacks=["pgd(steps=20, loss='margin')"], curve=0, **options
    )


def test_the_three_figures_are_exact_in_the_plane() -> None:
    """A detector that sees how sure the classifier is: fooling it takes a tenth more than fooling the classifier."""
    _, far = points()
    found = audited(Near(0), 0.15).result
    guard = found["guard"]
    assert guard["false_alarms"]["count"] == int((far < 0.1).sum())
    assert guard["classifier"]["count"] == int((far > 0.15).sum())
    assert guard["classifier_clean"]["share"] == 1.0
    # Who knows of it needs far + 0.1; a point that is refused when clean is lost already.
    assert guard["joint"]["count"] == int(((far > 0.05) & (far >= 0.1)).sum())
    assert guard["joint"]["share"] == found["robust_accuracy"]
    assert guard["oblivious"]["count"] == int((far >= 0.1).sum())


def test_who_knows_more_never_does_worse() -> None:
    for model, eps in ((Near(0), 0.3), (Strip(0.9), 0.2), (Strip(0.5), 0.2)):
        guard = audited(model, eps).result["guard"]
        assert guard["joint"]["count"] <= guard["oblivious"]["count"]
        assert guard["refused"]["n"] == guard["answered_right"]["n"] == guard["through"]["n"]
        for key in ("classifier", "oblivious", "joint", "false_alarms"):
            low, high = guard[key]["interval"]
            assert low <= guard[key]["share"] <= high


def test_what_was_made_on_the_classifier_alone_counts_for_the_figure_too() -> None:
    """Attacks that follow no slope of the guarded model: what falls, falls to images made on the classifier."""

    class Hidden(Strip):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.detach() + 0 * x)

    found = audited(Hidden(2.0), 0.2)
    _, far = points()
    broken = [r for r in found.samples if r["broken_by"] is not None]
    by = [r["broken_by"] for r in broken]
    assert by.count("oblivious") > by.count("pgd")  # whose random starts find a few
    assert len(broken) == int((far < 0.2).sum())
    assert all(r["distance"] <= 0.2 + 1e-6 for r in broken)


def test_records_of_a_refusal() -> None:
    samples: list[dict[str, Any]] = [
        {"index": 0, "label": 0, "clean": 0, "broken_by": None},
        {"index": 1, "label": 0, "clean": 2, "broken_by": None},  # refused when clean
        {"index": 2, "label": 1, "clean": 1, "broken_by": "pgd"},
    ]
    tried: list[dict[str, Any]] = [
        {"index": 0, "label": 0, "clean": 0, "broken_by": "pgd", "says": 1, "distance": 0.1},
        {"index": 1, "label": 0, "clean": 0, "broken_by": "pgd", "says": 2, "distance": 0.1},
        {"index": 2, "label": 1, "clean": 1, "broken_by": None},
    ]
    assert [(r["index"], r["broken_by"], r["becomes"]) for r in missed(samples, tried, 2)] == [(0, "oblivious", 1)]
    figures = figures_of_guard(samples, tried, 2)
    assert (figures["refused"]["count"], figures["through"]["count"], figures["refused"]["n"]) == (1, 1, 2)
    assert (figures["oblivious"]["count"], figures["false_alarms"]["count"]) == (1, 1)
    assert set(figures_of_guard(samples, None, 2)) == {"false_alarms"}


def test_a_run_goes_on_and_ends_with_the_same_figures(tmp_path: Path) -> None:
    model = Near(0)
    whole = audited(model, 0.15, out=tmp_path / "run")
    written = json.loads((tmp_path / "run" / "result.json").read_text())
    for path in ("oblivious/00001.json", "chunks/00001.json", "result.json"):
        (tmp_path / "run" / path).unlink()
    again = audited(model, 0.15, out=tmp_path / "run")
    assert again.result["guard"] == whole.result["guard"]
    assert written["guard"]["joint"]["count"] == whole.result["guard"]["joint"]["count"]


def test_noise_that_is_refused_is_no_evidence_against_the_figure() -> None:
    """The guard refuses all but the middle of the box: were that a success, noise would beat every gradient."""

    class Wary(Strip):
        def judge(self, x: Tensor) -> tuple[Tensor, Tensor]:
            logits: Tensor = self.net(x)
            return logits, (x - 0.5).abs().amax(1) - 0.02

    model = Wary(0)
    x, y = torch.tensor([[0.51, 0.5]]).repeat(8, 1), torch.ones(8, dtype=torch.int64)
    case = Case(x, y, None, BlackBox(model, "scores"), parse_as(Threat, "linf(0.4)"), Dataset(x, y), 3, 0)
    assert int((model(noised(x)).argmax(1) == 2).sum()) > 0
    assert noise(case).broken == ()


def noised(x: Tensor) -> Tensor:
    return x + 0.4 * torch.rand(x.shape, generator=torch.Generator().manual_seed(0)).sub(0.5).sign()


@pytest.mark.filterwarnings("ignore::sparring.errors.SparringWarning")
def test_a_guarded_model_is_examined_judged_and_reported() -> None:
    data = Dataset(points()[0].pixels[:40], (points()[0].pixels[:40, 0] > 0.5).long())
    found = sparring.audit(Near(0), data, "linf(0.15)", n=40, curve=0)
    guard = found.result["guard"]
    assert found.result["verdict"]["verdict"] == "sound"
    assert found.result["verdict"]["findings"] == []
    assert guard["joint"]["count"] <= guard["oblivious"]["count"]
    page = audit_page(found.result, [])
    assert "What the guard adds" in page
    assert "False alarms" in page


def test_a_model_that_refuses_has_one_name_more() -> None:
    loaded = LoadedModel(Strip(1.0), "strip", ("left", "right"))
    assert align_names(loaded, points()[0], 3) == ("left", "right", "refused")
    assert align_names(LoadedModel(Strip(1.0), "strip"), Dataset(torch.rand(2, 2)), 3) == ("0", "1", "refused")


def test_the_classifier_inside_is_found_where_it_can_be_told() -> None:
    model = Strip(1.0)
    inner = classifier_of(load_model(model))
    assert inner is not None
    assert inner.module is model.net
    assert classifier_of(load_model(nn.Linear(2, 2))) is None
