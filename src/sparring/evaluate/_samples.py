"""What a user hands in to be judged → images: a trained generator, a folder, an array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor

from sparring.core.levels import to_bytes
from sparring.core.runs import read_json
from sparring.data import Dataset, load_data
from sparring.data._arrays import _UNREADABLE, from_arrays
from sparring.errors import InputError
from sparring.metrics.features import levels_of

SPEC = "spec.json"


def is_training(source: object) -> bool:
    """Say whether a path is the run directory of a GAN's training."""
    if not isinstance(source, str | Path) or not (Path(source) / SPEC).is_file():
        return False
    spec = read_json(Path(source) / SPEC)
    return isinstance(spec, dict) and spec.get("kind") == "train"


def training_data(source: object) -> tuple[str, str] | None:
    """Return the text and the checksum of the data that a generator was trained on, where its run says so."""
    if not is_training(source):
        return None
    spec = read_json(Path(str(source)) / SPEC)
    return str(spec["data"]), str(spec["data_checksum"])


def samples_of(
    source: str | Path | Dataset | Tensor, n: int, seed: int = 0, shape: tuple[int, ...] | None = None
) -> Tensor:
    """Return at most `n` samples as uint8 levels, (n, *shape), of whatever a user has.

    `source` is the run directory of `sparring train`, whose generator makes `n` images of the codes of `seed`; or a
    folder of pictures, FILE.npz, FILE.npy, FILE.py:function, a Dataset or a tensor, of which `n` are drawn by `seed`,
    or all taken. Floats in [0, 1] are rounded to the nearest level (G2).

    Raises: InputError when nothing is there, or the samples are of another shape than `shape`.

    >>> samples_of(Tensor([[[[0.5]]]]), 10).flatten().tolist()
    [128]
    """
    if n < 1:
        raise InputError(f"expected n >= 1 samples, got {n}")
    levels = _generated(Path(str(source)), n, seed) if is_training(source) else _drawn(source, n, seed)
    if shape is not None and tuple(levels.shape[1:]) != tuple(shape):
        got, wanted = ("x".join(map(str, each)) for each in (levels.shape[1:], shape))
        raise InputError(
            f"expected samples of {wanted} like the real images, got {got}: --size and --channels bring both to one "
            "shape"
        )
    return levels


def _generated(run: Path, n: int, seed: int) -> Tensor:
    from sparring.gan import generate
    from sparring.train import load_generator

    return to_bytes(generate(load_generator(run), n, seed=seed))


def _drawn(source: str | Path | Dataset | Tensor, n: int, seed: int) -> Tensor:
    if isinstance(source, Tensor):
        source = Dataset(levels_of(source.detach().cpu()), name="samples")
    elif isinstance(source, str | Path) and Path(source).suffix.lower() == ".npy":
        source = _read_npy(Path(source))
    data = load_data(source)
    return levels_of(data.pixels[data.subset(n, seed)])


def _read_npy(path: Path) -> Dataset:
    """Read one bare array of images; nothing in the file is run."""
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"expected an array at {path}, got nothing there") from None
    except _UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"expected a plain array in {path}, got a file that does not load: {reason}") from None
    return from_arrays(array, None, None, str(path))
