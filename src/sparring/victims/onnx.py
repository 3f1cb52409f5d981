"""A classifier in an ONNX file, run by onnxruntime: scores or labels, no gradients."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sparring.errors import InputError, missing_extra
from sparring.types import Images, Logits
from sparring.victims.base import Access

TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}
BYTES = "tensor(uint8)"
WHOLE = ("tensor(int64)", "tensor(int32)")


class OnnxClassifier:
    """What an ONNX file holds, as a callable from images (n, *chw) in [0, 1] to scores (n, k) or labels (n,).

    Read from the file: `input_shape`, None where a side is left open; `classes` k, None if left open; `access`,
    "scores" with an output (n, k), else "decision" with whole numbers (n,); `checksum` of its bytes. A fixed batch is
    filled up, pictures go in as (n, c, h, w) or, where the last axis is the one of colors, (n, h, w, c), and an input
    of bytes gets the nearest of the 256 levels.

    Raises: InputError for a file that is none, several inputs, or no output of either kind; MissingExtra.

    Cost: one query an image; the images that fill a fixed batch up are not counted.
    """

    def __init__(self, path: str | Path) -> None:
        try:
            import onnxruntime
        except ImportError:
            raise missing_extra("onnxruntime", "onnx") from None
        self.path = Path(path)
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise InputError(f"expected an ONNX file at {path}, got {error.strerror or error}") from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what goes wrong comes as an exception
        options.intra_op_num_threads = torch.get_num_threads()
        there = onnxruntime.get_available_providers()
        providers = [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in there]
        try:
            self._session = onnxruntime.InferenceSession(str(self.path), options, providers=providers)
        except Exception as error:  # onnxruntime's errors share no base of their own
            raise InputError(f"expected an ONNX file at {path}, got {_first_line(error)}") from None
        self.checksum = hashlib.sha256(content).hexdigest()
        self._read_input()
        self._read_outputs()

    def __repr__(self) -> str:
        return f"OnnxClassifier({self.path.name})"

    def __call__(self, x: Images) -> Logits:
        """Return scores (n, k), or labels (n,) under access "decision"."""
        values = self._form(x)
        size = self._batch or len(values)
        parts = []
        for start in range(0, len(values), size):
            part = values[start : start + size]
            missing = size - len(part)
            whole = np.concatenate([part, part[-1:].repeat(missing, 0)]) if missing else part
            try:
                (answer,) = self._session.run([self._output], {self._input: whole})
            except Exception as error:
                raise InputError(
                    f"expected {self.path} to take images of {tuple(x.shape[1:])}, got {_first_line(error)}"
                ) from None
            parts.append(np.asarray(answer)[: len(part)])
        said = torch.from_numpy(np.concatenate(parts))
        return said.float() if said.dtype == torch.float16 else said

    def _form(self, x: Images) -> NDArray[Any]:
        values: NDArray[Any] = x.detach().cpu().numpy()
        if self._channels_last:
            values = np.moveaxis(values, 1, -1)
        if self._bytes:
            return np.ascontiguousarray(np.rint(values * 255).clip(0, 255).astype(np.uint8))
        return np.ascontiguousarray(values.astype(self._type))

    def _read_input(self) -> None:
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            names = ", ".join(each.name for each in inputs)
            raise InputError(f"expected one input in {self.path}, got {len(inputs)}: {names}")
        (only,) = inputs
        if only.type not in TYPES and only.type != BYTES:
            raise InputError(f"expected pixels as floats or bytes in {self.path}, got {only.type}")
        self._input, self._bytes, self._type = only.name, only.type == BYTES, TYPES.get(only.type)
        sides = [side if isinstance(side, int) and side > 0 else None for side in only.shape or [None]]
        self._batch, *rest = sides
        # (h, w, c): only the last axis can be one of colors.
        self._channels_last = len(rest) == 3 and rest[2] in (1, 3) and rest[0] not in (1, 3)
        if self._channels_last:
            rest = [rest[2], rest[0], rest[1]]
        known = [side for side in rest if side is not None]
        self.input_shape = tuple(known) if rest and len(known) == len(rest) else None

    def _read_outputs(self) -> None:
        outputs = self._session.get_outputs()
        for each in outputs:
            shape = each.shape or []
            if each.type in TYPES and len(shape) == 2 and shape[1] != 1:
                k = shape[1]
                self.access: Access = "scores"
                self.classes, self._output = k if isinstance(k, int) and k > 0 else None, each.name
                return
        for each in outputs:
            if each.type in WHOLE and len(each.shape or []) == 1:
                self.access, self.classes, self._output = "decision", None, each.name
                return
        found = ", ".join(f"{each.name} {each.type} {each.shape}" for each in outputs)
        raise InputError(f"expected an output of scores (n, classes) or labels (n,) in {self.path}, got {found}")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
