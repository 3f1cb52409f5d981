"""`sparring compare` from end to end: two audits of victims in a file."""

import json
import shutil
from pathlib import Path

import pytest

from sparring.cli._app import run

AUDIT = ["audit", "--data", "victim.py:data", "--attack", "pgd(steps=5)", "--curve", "0", "--quiet", "--n", "60"]


@pytest.fixture
def audits(victim: Path) -> Path:
    for out, eps in (("weak", "0.02"), ("strong", "0.25")):
        assert run([*AUDIT, "--model", "victim.py:build", "--threat", f"linf({eps})", "--out", out]) == 0
    return victim


def test_table_files_and_exit_code(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    robust = [json.loads((audits / name / "result.json").read_text())["robust_accuracy"] for name in ("weak", "strong")]
    capsys.readouterr()
    assert run(["compare", "weak", "strong", "--out", "both"]) == 0
    printed = capsys.readouterr().out
    found = json.loads((audits / "both" / "compare.json").read_text())
    assert [found["robust"]["first"], found["robust"]["second"]] == robust
    assert found["robust"]["only_second"] == 0
    assert found["robust"]["interval"][1] < 0 < found["robust"]["only_first"] == len(found["changed"])
    assert found["changed"][0]["second"] == "pgd"
    assert found["clean"]["difference"] == 0
    assert f"second less first: {robust[1] - robust[0]:+.4f}" in printed
    assert "warning: the audits differ in their threat: linf(0.02) and linf(0.25)" in printed
    assert "The first run is better" in (audits / "both" / "report.html").read_text()
    assert "report: both/report.html" in printed


def test_by_default_it_makes_the_next_run_directory(audits: Path) -> None:
    assert run(["compare", "weak", "weak"]) == 0
    (folder,) = (audits / "runs").iterdir()
    assert folder.name == "0001-compare-weak-weak"
    assert json.loads((folder / "compare.json").read_text())["robust"]["p_value"] == 1.0


def test_what_is_no_audit_is_one_line_and_exit_code_2(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree("weak", "other")
    result = json.loads((audits / "other" / "result.json").read_text())
    result["spec"]["data_checksum"] = "0" * 64
    (audits / "other" / "result.json").write_text(json.dumps(result))
    for second, words in (("nothing", "expected the directory of a finished audit"), ("other", "same data")):
        capsys.readouterr()
        assert run(["compare", "weak", second]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: expected")
        assert words in error
        assert error.count("\n") == 1
    assert not (audits / "runs").exists()
