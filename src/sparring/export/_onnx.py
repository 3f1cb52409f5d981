"""A generator as an ONNX graph, and how far what it makes is from what torch makes."""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import logging
import warnings
from collections.abc import Iterator

import torch
from torch import Tensor

from sparring.errors import InputError, missing_extra
from sparring.gan import Generator, codes, generate

CODES, CLASSES, IMAGES = "z", "y", "images"
"""Names of inputs and output."""


def to_onnx(generator: Generator) -> bytes:
    """Return the bytes of an ONNX file: z (n, latent) float32, and y (n,) int64 where there are classes → images.

    Any n ≥ 1 goes in at a time. Images (n, *shape) are float32 in [0, 1], as the generator makes them in eval mode; it
    is left as found.

    Raises: MissingExtra without onnx and onnxscript.
    """
    try:
        for package in ("onnx", "onnxscript"):  # torch imports them when it exports
            importlib.import_module(package)
    except ImportError as error:
        raise missing_extra(str(error.name), "onnx") from None
    net = copy.deepcopy(generator).cpu().eval().requires_grad_(False)
    inputs = _inputs(net, 3)
    batch = torch.export.Dim("n", min=1)
    with _quiet():
        program = torch.onnx.export(
            net, tuple(inputs.values()), dynamo=True, dynamic_shapes=tuple({0: batch} for _ in inputs),
            input_names=list(inputs), output_names=[IMAGES], verbose=False,
        )  # fmt: skip
    assert program is not None
    return bytes(program.model_proto.SerializeToString())


def onnx_apart(generator: Generator, file: bytes, n: int = 16) -> float:
    """Return the largest difference between values that onnxruntime and torch make of n codes, together and one alone.

    Raises: MissingExtra without onnxruntime; InputError for a file that it does not take.
    """
    try:
        import onnxruntime
    except ImportError:
        raise missing_extra("onnxruntime", "onnx") from None
    inputs = _inputs(generator, n)
    wanted = generate(generator, n, z=inputs[CODES], labels=inputs.get(CLASSES))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong comes as an exception
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        made = [session.run([IMAGES], {k: v[:m].numpy() for k, v in inputs.items()})[0] for m in (n, 1)]
    except Exception as error:  # onnxruntime's errors share no base of their own
        raise InputError(f"expected a graph that onnxruntime runs, got {str(error).splitlines()[0][:200]}") from None
    return max(float((torch.from_numpy(part) - wanted[: len(part)]).abs().max()) for part in made)


def _inputs(generator: Generator, n: int) -> dict[str, Tensor]:
    z = codes(n, generator.latent)
    return {CODES: z, CLASSES: torch.arange(n) % generator.classes} if generator.classes else {CODES: z}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter has to say of itself from the user: the file is checked afterwards."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
