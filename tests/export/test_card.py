"""The card's code runs, and its figures are those of the run."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from pathlib import Path

import pytest

from sparring.export._card import card
from sparring.gan import Gan
from sparring.registry import parse_as

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_both_pieces_of_code_run_in_the_folder(exported, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(exported.folder)
    torch_code, onnx_code = BLOCK.findall(Path("README.md").read_text())
    assert "sparring" not in onnx_code
    assert len(torch_code.strip().splitlines()) <= 6
    for code in (torch_code, onnx_code):
        made: dict[str, object] = {}
        exec(code, made)
        assert tuple(made["images"].shape) == (16, 1, 8, 8)


def test_it_says_what_the_run_says(exported, gan_run: Path) -> None:
    text = (exported.folder / "README.md").read_text()
    spec, result = (json.loads((gan_run / name).read_text()) for name in ("spec.json", "result.json"))
    assert spec["data_checksum"] in text
    assert f"{result['images']:,}, in {result['rounds']:,} rounds" in text
    assert f"| spread | {result['looks'][-1]['spread']:.3g} |" in text
    assert f"at most {exported.apart:.1e} from torch's" in text
    assert "![64 samples](samples.png)" in text
    (line,) = re.findall(r"^sparring train .*$", text, re.MULTILINE)
    words = shlex.split(line)
    assert parse_as(Gan, words[2]) == parse_as(Gan, spec["gan"])
    assert words[3:] == ["--data", spec["data"], "--images", str(spec["images"]), "--seed", str(spec["seed"])]
    for field in dataclasses.fields(Gan):
        assert f"| {field.name} | `" in text, "the recipe in full"
    for alarm in result["alarms"]:
        assert alarm["evidence"] in text


def test_figures_alarms_and_classes_are_told(gan_run: Path) -> None:
    spec = json.loads((gan_run / "spec.json").read_text()) | {"held_out": "a tenth"}
    result = json.loads((gan_run / "result.json").read_text())
    result["figure"] = {"label": "kid[pixels]", "value": 0.125, "interval": [0.1, 0.15], "n": 500, "held_out": True}
    result["alarms"] = [{"kind": "collapse", "images": 1000, "evidence": "all alike"}]
    generator, _ = parse_as(Gan, "gan(nets=dense(latent=4), conditional=True)").build((1, 8, 8), 10)
    text = card(spec, result, generator, ("generator.onnx",), 1e-7)
    assert "| kid[pixels] | 0.125 (0.1 to 0.15) | 500 samples against images that were not trained on |" in text
    assert "- collapse after 1,000 images: all alike" in text
    assert "each of one of 10 classes" in text
    assert "y = np.arange(16) % 10" in text
    assert "| held out | a tenth |" in text
    result["figure"]["held_out"] = False
    assert "against training images: none were held out" in card(spec, result, generator, (), None)
    result["alarms"] = []
    assert "None were raised" in card(spec, result, generator, (), None)
