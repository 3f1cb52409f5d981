"""The model card: what a stranger has to know of a generator, as Markdown."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Sequence
from typing import Any

from sparring.gan import Gan, Generator
from sparring.registry import parse_as


def card(
    spec: dict[str, Any], result: dict[str, Any] | None, generator: Generator, files: Sequence[str], apart: float | None
) -> str:
    """Return the card of a generator, of what its training was asked and what came out; `result` None if it goes on."""
    size = " × ".join(map(str, generator.shape))
    told = f", each of one of {generator.classes} classes," if generator.classes else ""
    parts = [
        f"# A generator of images like {spec['data']}",
        f"It makes images of {size} values in [0, 1]{told} of codes of {generator.latent} standard normal numbers.",
    ]
    if "samples.png" in files:
        parts.append("![64 samples](samples.png)\n\nCodes 0 to 63 of seed 0; none was picked or left out.")
    parts += [_training(spec, result), _figures(result), _alarms(result), _recipe(spec), _load(generator, apart)]
    parts += ["## Files", "\n".join(f"- `{name}`" for name in files)]
    parts += ["## License", "To be filled in by whoever publishes this. The terms of the training images matter too."]
    return "\n\n".join(parts) + "\n"


def _training(spec: dict[str, Any], result: dict[str, Any] | None) -> str:
    rows = {
        "data": f"`{spec['data']}`",
        "sha256 of the data": f"`{spec['data_checksum']}`",
        "held out": spec.get("held_out"),
        "images trained on": f"{spec['images']:,} were asked for; the training has not ended",
        "seed": spec["seed"],
        "precision": spec["precision"],
    }
    if result is not None:
        rows["images trained on"] = f"{result['images']:,}, in {result['rounds']:,} rounds"
        rows["time"] = f"{result['seconds']:,.0f} s on {result['machine']}"
        rows["date"] = result["date"]
        rows["versions"] = ", ".join(f"{name} {number}" for name, number in result["spec"]["versions"].items())
    return "## Training\n\n" + _table(("what", "value"), [(k, str(v)) for k, v in rows.items() if v is not None])


def _figures(result: dict[str, Any] | None) -> str:
    if result is None:
        return "## Figures\n\nNone: the training has not ended."
    rows = []
    figure = result.get("figure")
    if figure:
        ends = figure.get("interval")
        of = "images that were not trained on" if figure.get("held_out") else "training images: none were held out"
        rows.append(
            (
                figure["label"],
                f"{figure['value']:.4g}" + (f" ({ends[0]:.4g} to {ends[1]:.4g})" if ends else ""),
                f"{figure['n']:,} samples against {of}",
            )
        )
    meaning = {
        "spread": "mean distance between samples, where that between real images is 1",
        "copies": "samples with a near copy among 256",
    }
    last = result["looks"][-1] if result["looks"] else {}
    rows += [(name, f"{last[name]:.3g}", words) for name, words in meaning.items() if name in last]
    found = _table(("figure", "value", "of"), rows) if rows else "None were taken."
    return f"## Figures\n\n{found}\n\n`sparring evaluate` gives more, with intervals, beside those of real images."


def _alarms(result: dict[str, Any] | None) -> str:
    alarms = [] if result is None else result["alarms"]
    lines = [f"- {alarm['kind']} after {alarm['images']:,} images: {alarm['evidence']}" for alarm in alarms]
    return "## Alarms\n\n" + ("\n".join(lines) or "None were raised while it trained.")


def _recipe(spec: dict[str, Any]) -> str:
    unit = parse_as(Gan, spec["gan"])
    rows = [(f.name, f"`{getattr(unit, f.name)}`") for f in dataclasses.fields(unit)]
    options = {"--data": spec["data"], "--images": spec["images"], "--seed": spec["seed"]}
    words = ["sparring", "train", spec["gan"], *(str(word) for pair in options.items() for word in pair)]
    return f"## Recipe\n\n```bash\n{shlex.join(words)}\n```\n\n{_table(('field', 'value'), rows)}"


def _load(generator: Generator, apart: float | None) -> str:
    torch_lines = [
        "from sparring.gan import generate",
        "from sparring.train import load_generator",
        "",
        'generator = load_generator(".")  # this folder',
        f"images = generate(generator, 16, seed=0)  # (16, {', '.join(map(str, generator.shape))}) in [0, 1]",
    ]
    text = "## Use\n\nWith sparring, in torch:\n\n" + _code(torch_lines)
    if apart is None:
        return text
    inputs = '{"z": z, "y": y}' if generator.classes else '{"z": z}'
    onnx_lines = [
        "import numpy as np",
        "import onnxruntime",
        "",
        'session = onnxruntime.InferenceSession("generator.onnx")',
        f"z = np.random.default_rng(0).standard_normal((16, {generator.latent}), dtype=np.float32)",
        *([f"y = np.arange(16) % {generator.classes}"] if generator.classes else []),
        f'(images,) = session.run(["images"], {inputs})',
    ]
    words = f"Without it, in onnxruntime, whose values are at most {apart:.1e} from torch's on 16 codes:"
    return f"{text}\n\n{words}\n\n{_code(onnx_lines)}"


def _code(lines: Sequence[str]) -> str:
    return "```python\n" + "\n".join(lines) + "\n```"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
