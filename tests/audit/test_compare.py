"""Two run directories written by hand, whose 2 × 2 table is known, and two real audits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from sparring.audit import audit
from sparring.audit._compare import compare, read_samples
from sparring.audit.statistics import mcnemar, paired_difference, wilson
from sparring.data import Dataset
from sparring.errors import InputError

FIRST = {0: None, 1: None, 2: "apgd", 3: "apgd_t", 4: "wrong", 5: None, 6: "apgd"}
SECOND = {0: None, 1: "square", 2: None, 3: None, 4: None, 5: "wrong", 7: None}


def write_run(folder: Path, fates: dict[int, str | None], lines: bool = False, **spec: Any) -> Path:
    folder.mkdir()
    records = [
        {"index": i, "label": i % 3, "clean": 9 if fate == "wrong" else i % 3}
        | {"broken_by": None if fate == "wrong" else fate}
        for i, fate in fates.items()
    ]
    spec = {"data": "d", "data_checksum": "c", "model": "m", "threat": "linf(0.1)", "attacks": ["apgd"], **spec}
    (folder / "result.json").write_text(json.dumps({"kind": "audit", "seed": spec.pop("seed", 0), "spec": spec}))
    if lines:
        (folder / "samples.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    else:
        (folder / "samples.json").write_text(json.dumps(records))
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    return write_run(tmp_path / "a", FIRST), write_run(tmp_path / "b", SECOND, lines=True)


def counts(found: Any) -> Sequence[int]:
    return [found.both, found.only_first, found.only_second, found.neither]


def test_the_table_counts_shared_samples_only(runs: tuple[Path, Path]) -> None:
    found = compare(*runs)
    assert (found.n, found.left_out) == (6, (1, 1))
    assert counts(found.robust) == [1, 2, 3, 0]
    assert counts(found.clean) == [4, 1, 1, 0]
    assert (found.robust.first, found.robust.second) == (3 / 6, 4 / 6)
    assert found.robust.difference == pytest.approx(1 / 6)
    assert found.robust.interval == paired_difference(3, 2, 6)
    assert found.robust.p_value == mcnemar(2, 3)
    assert found.robust.second_interval == wilson(4, 6)


def test_it_lists_what_changed_and_what_broke_it(runs: tuple[Path, Path]) -> None:
    rows = {row.index: (row.label, row.first, row.second) for row in compare(*runs).changed}
    assert rows == {
        1: (1, "stands", "square"),
        2: (2, "apgd", "stands"),
        3: (0, "apgd_t", "stands"),
        4: (1, "wrong from the start", "stands"),
        5: (2, "stands", "wrong from the start"),
    }


def test_the_other_way_round_is_its_mirror(runs: tuple[Path, Path]) -> None:
    there, back = compare(*runs).robust, compare(*runs[::-1]).robust
    assert counts(back) == [there.both, there.only_second, there.only_first, there.neither]
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]))
    assert back.p_value == there.p_value


def test_both_forms_of_samples_read_alike(tmp_path: Path) -> None:
    whole, lines = write_run(tmp_path / "a", FIRST), write_run(tmp_path / "b", FIRST, lines=True)
    assert read_samples(whole) == read_samples(lines)
    (lines / "samples.jsonl").write_text('{"index": 1}\n{"ind')
    with pytest.raises(InputError, match="one JSON record a line"):
        read_samples(lines)


def test_what_differs_besides_the_model_is_told(runs: tuple[Path, Path], tmp_path: Path) -> None:
    wider = write_run(tmp_path / "c", SECOND, threat="linf(0.2)", attacks=["apgd", "square"])
    assert compare(runs[0], runs[1]).warnings == ()
    assert compare(runs[0], wider).warnings == (
        "the audits differ in their threat: linf(0.1) and linf(0.2)",
        "the audits differ in their attacks: apgd and apgd, square",
    )


def test_a_figure_that_its_own_audit_doubts_is_told(runs: tuple[Path, Path]) -> None:
    path = runs[1] / "result.json"
    result = json.loads(path.read_text())
    for word, told in (("sound", 0), ("suspect", 1)):
        path.write_text(json.dumps(result | {"verdict": {"verdict": word}}))
        assert len(compare(*runs).warnings) == told
    assert "second run calls its own figure suspect" in compare(*runs).warnings[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"data_checksum": "other"}, "same data"), ({"seed": 7}, "same seed, got 0 and 7")],
)
def test_runs_that_cannot_be_paired_are_refused(
    runs: tuple[Path, Path], tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        compare(runs[0], write_run(tmp_path / "c", SECOND, **changes))


def test_no_shared_samples_are_refused(runs: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="samples in common"):
        compare(runs[0], write_run(tmp_path / "c", {100: None}))


def test_what_is_no_finished_audit_is_refused(runs: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"finished audit, got .*: no result\.json"):
        compare(runs[0], tmp_path)
    (runs[1] / "samples.jsonl").unlink()
    with pytest.raises(InputError, match=r"no samples\.jsonl"):
        compare(*runs)
    (runs[1] / "result.json").write_text('{"kind": "attack"}')
    with pytest.raises(InputError, match=r"expected an audit in .*, got attack"):
        compare(*runs)


def test_two_real_audits_agree_with_their_own_figures(tmp_path: Path) -> None:
    """A linear model against one that sees two of the four coordinates."""
    streams = torch.Generator().manual_seed(0)
    x = torch.rand(60, 4, generator=streams)
    data = Dataset(x, (x.sum(1) > 2).long(), name="sums")
    whole = torch.nn.Linear(4, 2)
    whole.weight.data, whole.bias.data = torch.tensor([[-1.0] * 4, [1.0] * 4]), torch.tensor([2.0, -2.0])
    one = torch.nn.Linear(4, 2)  # it sees the first coordinates only
    one.weight.data, one.bias.data = torch.tensor([[-1.0, -1, 0, 0], [1.0, 1, 0, 0]]), torch.tensor([1.0, -1.0])
    figures = []
    for name, model in (("a", whole), ("b", one)):
        found = audit(model.eval(), data, "linf(0.05)", n=60, curve=0, attacks=["fgsm"], out=tmp_path / name)
        figures.append((found.clean_accuracy, found.robust_accuracy))
    result = compare(tmp_path / "a", tmp_path / "b")
    assert [(result.clean.first, result.robust.first), (result.clean.second, result.robust.second)] == figures
    assert result.n == 60
    assert len(result.changed) == result.robust.only_first + result.robust.only_second > 0
    assert json.loads(json.dumps(result.record()))["kind"] == "compare"
