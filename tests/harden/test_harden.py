"""From a net and data to two audits: files, figures, and going on where a run has been."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.harden import Hardened, Recipe, harden
from sparring.models import load_model

pytestmark = pytest.mark.filterwarnings("ignore::sparring.errors.SparringWarning")
"""Tiny nets have images on which every unit is silent: looks at them say so."""
QUICK = Recipe(epochs=8, batch_size=16, held_out=24, evaluations=2)
TIMES = {"seconds", "date", "command"}
BLOCKS: dict[str, Any] = {"threat": "linf(0.1)", "recipe": QUICK, "n": 60}


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items() if key not in TIMES}
    return [timeless(each) for each in value] if isinstance(value, list) else value


def same(one: nn.Module, two: nn.Module) -> bool:
    return all(torch.equal(value, two.state_dict()[name]) for name, value in one.state_dict().items())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Hardened, Path, list[Any]]:
    """One hardening of a tiny net of digits, from end to end."""
    folder, told = tmp_path_factory.mktemp("harden") / "run", []
    found = harden(
        "mlp(hidden=(24,))", "digits:train", "linf(0.15)", "adversarial(steps=3)",
        recipe=Recipe(epochs=12, held_out=100, evaluations=4), n=80, out=folder,
        progress=lambda phase, record: told.append((phase, record)),
    )  # fmt: skip
    return found, folder, told


def test_the_hardened_net_withstands_more(run):
    found, _, _ = run
    assert found.after.robust_accuracy > found.before.robust_accuracy + 0.1
    assert found.after.clean_accuracy > 0.6
    assert found.after.n == found.before.n == 80
    assert not found.net.training


def test_the_result_holds_what_the_page_needs(run):
    found, folder, _ = run
    result = json.loads((folder / "result.json").read_text())
    assert timeless(result) == timeless(json.loads(json.dumps(found.result)))
    assert result["after"]["robust_accuracy"] == found.after.robust_accuracy
    assert result["spec"]["data"] == "digits:train"
    assert result["spec"]["test"] == "digits:test"
    assert result["held_out"]["n"] == 100
    assert [record["round"] for record in result["history"]] == [30, 60, 90, 120]
    best = max(result["history"], key=lambda record: record["robust"])
    assert result["held_out"]["robust"] == best["robust"]
    assert set(result["careless"]) == {"fgsm", "pgd(steps=20)"}
    assert all(share >= result["after"]["robust_accuracy"] for share in result["careless"].values())
    assert result["one_step"]["leaks"] is False
    assert result["passes"] == 12 * 8 * 1338


def test_the_net_is_found_where_the_run_lies(run):
    found, folder, _ = run
    loaded = load_model(folder)
    assert same(loaded.module, found.net)
    assert loaded.classes == tuple("0123456789")
    assert sorted(path.name for path in folder.iterdir()) == [
        "after", "before", "best.pt", "hardened", "last.pt", "log.jsonl", "plain", "previous.pt", "result.json",
        "spec.json",
    ]  # fmt: skip


def test_every_phase_tells_how_far_it_is(run):
    _, _, told = run
    phases = list(dict.fromkeys(phase for phase, _ in told))
    assert phases == ["train", "plain", "audit before", "audit after"]
    assert all(0 < record["round"] <= record["of"] for _, record in told)


def test_the_same_call_gives_the_same_and_trains_nothing(run):
    found, folder, _ = run
    before = (folder / "log.jsonl").read_text()
    told: list[str] = []
    again = harden(
        "mlp(hidden=(24,))", "digits:train", "linf(0.15)", "adversarial(steps=3)",
        recipe=Recipe(epochs=12, held_out=100, evaluations=4), n=80, out=folder,
        progress=lambda phase, record: told.append(phase),
    )  # fmt: skip
    assert same(again.net, found.net)
    assert timeless(again.result) == timeless(found.result)
    assert "train" not in told
    assert (folder / "log.jsonl").read_text() == before


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"seed": 1}, "seed"),
        ({"threat": "linf(0.2)"}, "threat"),
        ({"defense": "adversarial(steps=4)"}, "defense"),
        ({"model": "mlp(hidden=(25,))"}, "model"),
        ({"n": 81}, "n"),
        ({"recipe": Recipe(epochs=11, held_out=100, evaluations=4)}, "recipe"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused(run, change, word):
    _, folder, _ = run
    call = {
        "model": "mlp(hidden=(24,))", "data": "digits:train", "threat": "linf(0.15)", "defense": "adversarial(steps=3)",
        "recipe": Recipe(epochs=12, held_out=100, evaluations=4), "n": 80,
    }  # fmt: skip
    before = (folder / "spec.json").read_text()
    with pytest.raises(InputError, match=f"got one with another {word} .*: choose another --out") as caught:
        harden(**call | change, out=folder)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert (folder / "spec.json").read_text() == before


def test_a_folder_with_other_files_is_refused(blocks, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="with files in it"):
        harden("cnn(width=2)", blocks(), **BLOCKS, out=tmp_path, before=False, after=False)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_users_module_is_not_changed(blocks, own):
    """T28: not in weights, statistics, mode nor flags; the net before is that module, the net after a copy."""
    net = own()
    state, modes = copy.deepcopy(net.state_dict()), [module.training for module in net.modules()]
    found = harden(net, blocks(), defense="fast", test=blocks(60, "blocks:test", 1), **BLOCKS)
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    assert [module.training for module in net.modules()] == modes
    assert [p.requires_grad for p in net.parameters()] == [True, False, True, True, True, True]
    assert all(p.grad is None for p in net.parameters())
    assert not same(found.net, net)
    assert found.before.clean_accuracy < found.after.clean_accuracy  # it was not trained before
    assert found.result["spec"]["start"]


def test_code_of_the_user_is_asked_for_by_name_with_its_weights(blocks, file, tmp_path):
    """A folder must not decide which code runs."""
    out = tmp_path / "out"
    found = harden(f"{file}:make", blocks(), **BLOCKS, out=out, before=False, after=False)
    assert found.before is found.after is None
    assert found.result["careless"] == {}
    loaded = load_model(f"{file}:make@{out}")
    assert same(loaded.module, found.net)
    assert not same(loaded.module, load_model(f"{file}:make").module)
    with pytest.raises(InputError, match=f"give {file}:make@{out}"):
        load_model(out)
    again = harden(f"{file}:make", blocks(), **BLOCKS, out=out, before=False, after=False)
    assert same(again.net, found.net)


def test_one_hardened_may_be_hardened_again(blocks, tmp_path):
    """Its weights are gone on with, under another defense."""
    quiet: dict[str, Any] = {"before": False, "after": False}
    harden("cnn(width=2)", blocks(), **BLOCKS, out=tmp_path / "one", **quiet)
    once = load_model(tmp_path / "one")
    found = harden(str(tmp_path / "one"), blocks(), defense="standard", **BLOCKS, out=tmp_path / "two", **quiet)
    assert found.result["spec"]["start"] == once.checksum
    assert same(load_model(tmp_path / "two").module, found.net)


@pytest.mark.parametrize(
    "defense",
    ["distillation(temperature=5)", "static(attack=pgd(steps=2))", "free(m=2)", "vat", "trades(steps=1)"],
)
def test_defenses_that_prepare_replay_carry_or_learn_without_labels(blocks, tmp_path, defense):
    """The same call again finds what was prepared, and gives the same net."""
    call: dict[str, Any] = {"defense": defense, "out": tmp_path / "run", "before": False, "after": False}
    if defense == "vat":
        call |= {"labels": 12, "unlabeled": blocks(30, seed=3)}
    found = harden("cnn(width=2)", blocks(), **BLOCKS, **call)
    assert (tmp_path / "run" / "prepared.safetensors").exists() == (defense[:4] in ("dist", "stat"))
    told: list[str] = []
    again = harden("cnn(width=2)", blocks(), **BLOCKS, **call, progress=lambda phase, record: told.append(phase))
    assert same(again.net, found.net)
    assert told == []


def test_without_a_folder_it_is_the_same_net(blocks, tmp_path):
    """And the seed decides it."""
    nets = [
        harden("cnn(width=2)", blocks(), **BLOCKS, out=out, seed=seed, before=False, after=False).net
        for out, seed in ((tmp_path / "run", 0), (None, 0), (None, 1))
    ]
    assert same(nets[0], nets[1])
    assert not same(nets[0], nets[2])


@pytest.mark.slow
def test_what_a_careless_look_sees_of_distillation(blocks):
    """One attack on cross-entropy finds little slope where the audit breaks."""
    found = harden(
        "cnn(width=4)", blocks(), defense="distillation", test=blocks(60, "blocks:test", 1), before=False,
        **BLOCKS | {"recipe": Recipe(epochs=30, batch_size=16, held_out=24, evaluations=2)},
    )  # fmt: skip
    assert found.result["careless"]["pgd(steps=20)"] >= found.after.robust_accuracy
    assert found.result["broken"].startswith("Carlini and Wagner 2017")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"threat": "linf(inf)"}, "finite eps to harden against"),
        ({"defense": "trade"}, "did you mean 'trades'"),
        ({"recipe": Recipe(lr=1e30, batch_size=16, evaluations=1)}, "lower lr"),
    ],
)
def test_wrong_input_is_one_line(blocks, change, words):
    with pytest.raises(InputError, match=words) as caught:
        harden(**{"model": "cnn(width=2)", "data": blocks(), "before": False, "after": False} | BLOCKS | change)
    assert "\n" not in str(caught.value)
