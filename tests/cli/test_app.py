"""What goes wrong is one line and exit code 2, and leaves nothing behind."""

from pathlib import Path

import pytest

from sparring.cli._app import run

AUDIT = ["audit", "--model", "victim.py:build", "--data", "victim.py:data", "--threat", "linf(0.1)", "--quiet"]
ATTACK = ["attack", "picture.png", "pgd", "--model", "victim.py:build", "--threat", "linf(0.1)", "--quiet"]


def changed(command: list[str], **options: str) -> list[str]:
    """Return a command with some options replaced or added."""
    result = list(command)
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if flag in result:
            result[result.index(flag) + 1] = value
        else:
            result += [flag, value]
    return result


BAD = {
    "missing file": (changed(AUDIT, data="nowhere.npz"), "nothing is there"),
    "missing model": (changed(AUDIT, model="nowhere.py:build"), "nowhere.py"),
    "missing function": (changed(AUDIT, model="victim.py:biuld"), "did you mean 'build'"),
    "wrong channels": (changed(AUDIT, model="victim.py:color"), "channels"),
    "labels out of range": (changed(AUDIT, data="victim.py:labels_out_of_range"), "expected labels in [0, 2]"),
    "unknown attack": (changed(AUDIT, attack="pdg"), "'pgd'"),
    "unknown field": (changed(AUDIT, attack="pgd(step=3)"), "did you mean 'steps'"),
    "no radius": (changed(AUDIT, threat="linf(0)"), "expected eps > 0"),
    "a negative radius": (changed(AUDIT, threat="linf(-8/255)"), "expected eps > 0"),
    "probabilities": (
        [*changed(AUDIT, model="victim.py:probabilities"), "--attack", "pgd"],
        "expected logits, got probabilities",
    ),
    "nan logits": (changed(AUDIT, model="victim.py:nan"), "expected finite logits"),
    "no gradient": ([*changed(AUDIT, model="victim.py:no_gradient"), "--attack", "pgd"], "not differentiable"),
    "nan pixels": (changed(AUDIT, data="victim.py:nan_pixels"), "index 7"),
    "an unknown data set": (changed(AUDIT, data="mnist6k"), "did you mean 'mnist5k'"),
    "an unknown threat": (changed(AUDIT, threat="linff(0.1)"), "did you mean 'linf'"),
    "a threshold out of range": (changed(AUDIT, fail_under="80"), "between 0 and 1"),
    "no samples": (changed(AUDIT, n="0"), "positive number"),
    "nothing to resume": ([*AUDIT, "--resume", "--out", "never"], "to resume"),
    "an unknown command": (["adit"], "adit"),
    "an unknown option": ([*AUDIT, "--frob"], "--frob"),
    "a missing option": (["audit", "--model", "victim.py:build"], "--data"),
    "target is the label": (changed(ATTACK, target="0"), "expected targets other than the labels"),
    "an unknown target": (changed(ATTACK, target="iguana"), "iguana"),
    "a missing picture": (["attack", "cat.png", *ATTACK[2:]], "cat.png"),
    "picture, unknown attack": (["attack", "picture.png", "pdg", *ATTACK[3:]], "'pgd'"),
    "picture, probabilities": (changed(ATTACK, model="victim.py:probabilities"), "expected logits"),
    "an unknown validity": (changed(ATTACK, valid="16bit"), "8bit"),
    "an attack of another norm": (["attack", "picture.png", "cw_l2", *ATTACK[3:]], "expected a threat in l2"),
    "a unit to cite": (["cite", "pdg"], "'pgd'"),
    "a kind to list": (["list", "atacks"], "did you mean 'attack'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_code_2(name: str, victim: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, words = BAD[name]
    before = sorted(path.name for path in victim.iterdir())
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = [line for line in printed.err.splitlines() if not line.startswith("warning:")]
    assert len(lines) == 1, printed.err
    assert lines[0].startswith("error: ")
    assert words in lines[0]
    after = sorted(path.name for path in victim.iterdir() if path.name not in ("__pycache__", "runs"))
    assert after == before
    assert not (victim / "runs").exists() or not any((victim / "runs").iterdir())


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in ("attack", "audit", "cite", "demo", "explain", "list"):
        assert command in shown
