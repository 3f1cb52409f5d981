"""The verb `export`: a folder that another person can use without this one's help."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save as save_tensors

from sparring.core.runs import read_json, write_atomic, write_json
from sparring.core.tensors import stored
from sparring.errors import InputError
from sparring.export._card import card
from sparring.export._onnx import onnx_apart, to_onnx
from sparring.gan import generate
from sparring.train import load_generator
from sparring.train._looks import png

ONNX, WEIGHTS, CARD, SAMPLES, REPORT = (
    "generator.onnx",
    "generator.safetensors",
    "README.md",
    "samples.png",
    "report.html",
)
KEPT = ("kind", "gan", "data", "data_checksum", "shape", "classes", "images", "precision", "seed")
"""What of a training's spec goes along: all that building the net, or training it again, takes."""
MOST = 1e-4
"""Values of onnxruntime and torch may be so far apart, a fortieth of a level of 255."""


@dataclass(frozen=True)
class Exported:
    """What was written: the folder, its files, and how far onnxruntime is from torch; None without an ONNX file."""

    folder: Path
    files: tuple[str, ...]
    apart: float | None


def export(run: str | Path, out: str | Path, *, onnx: bool = True) -> Exported:
    """Write a trained generator as safetensors and ONNX, with a model card, samples, and the report where there is one.

    `load_generator(out)` takes it up again. The ONNX file is run on 16 codes, and kept only if it agrees with torch.

    Args:
        run: the directory of a training.
        out: a folder, which is made; not that of a run.
        onnx: whether to write an ONNX file; that takes the extra `onnx`.

    Returns: Exported.

    Raises: InputError for what is no training, a folder that is one, or an ONNX file that does not agree; nothing is
    written then. MissingExtra.

    Cost: a few seconds, and 80 forwards.
    """
    run, out = Path(run), Path(out)
    if (out / "log.jsonl").exists():
        raise InputError(f"expected a folder of its own for the export, got the run directory {out}")
    generator, spec = load_generator(run), read_json(run / "spec.json")
    result = read_json(run / "result.json") if (run / "result.json").exists() else None
    files: dict[str, bytes] = {WEIGHTS: save_tensors(stored(generator))}
    apart = None
    if onnx:
        files[ONNX] = to_onnx(generator)
        apart = onnx_apart(generator, files[ONNX])
        if not apart <= MOST:
            raise InputError(f"expected onnxruntime within {MOST:g} of torch, got {apart:.2g} apart: leave ONNX out")
    if len(generator.shape) == 3:
        files[SAMPLES] = png(generate(generator, 64))
    if (run / REPORT).exists():
        files[REPORT] = (run / REPORT).read_bytes()
    files[CARD] = card(spec, result, generator, tuple(files), apart).encode()
    for name, content in files.items():
        write_atomic(out / name, content)
    kept = {key: spec[key] for key in KEPT if key in spec}
    write_json(out / "spec.json", json.loads(json.dumps(kept)))  # last: a folder with a spec is whole
    return Exported(out, (*files, "spec.json"), apart)
