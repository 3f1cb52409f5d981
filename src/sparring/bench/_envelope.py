"""The fixed, stored lower envelope: the least distance ever found for each sample of a fixed problem.

An attack that is scored against the best of its own run is near the best by definition. So the envelope of a
problem lies in the package, with the weights of the net and checksums of net and samples, and changes only by
`sparring bench attacks --budget N --update-envelope`, which keeps whatever was nearer before.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sparring.bench.problems import Problem, Ready, right_rows
from sparring.core.runs import write_atomic
from sparring.data import load_data
from sparring.errors import InputError
from sparring.models import Trainable
from sparring.models._loaded import checksum
from sparring.registry import parse_as
from sparring.types import Images, Labels, Scores

FOLDER = Path(__file__).with_name("envelopes")
MOST = 100
"""Samples that an envelope is stored for."""


@dataclasses.dataclass(frozen=True, eq=False)
class Stored:
    """A problem as it is stored: the net, the samples (at most MOST) it gets right, the least distances by norm."""

    ready: Ready
    distances: dict[str, Scores]
    model: str
    samples: str

    def first(self, n: int) -> Stored:
        """Return the same for the first n samples."""
        ready = self.ready._replace(x=self.ready.x[:n], y=self.ready.y[:n])
        return dataclasses.replace(self, ready=ready, distances={key: d[:n] for key, d in self.distances.items()})


def read_envelope(problem: Problem, folder: Path = FOLDER) -> Stored | None:
    """Return the stored envelope of a problem, or None where there is none.

    Raises: InputError for a file that is damaged, or that was made for other weights or other samples.
    """
    path = folder / f"{problem.name}.safetensors"
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata()
            tensors: dict[str, Tensor] = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except SafetensorError:
        raise _unfit(path, "a file of tensors", "one that is damaged") from None
    test = load_data(f"{problem.data}:test")
    net = parse_as(Trainable, problem.model).build(test.shape, len(test.classes), seed=0)
    net.load_state_dict({key[4:]: value for key, value in tensors.items() if key.startswith("net.")})
    net = net.eval().requires_grad_(False)
    x, y = test.take(tensors["rows"])
    found = {"model": checksum(net), "samples": sample_checksum(x, y), "distances": _sum_of(tensors)}
    for what, value in found.items():
        if about.get(what) != value:
            raise _unfit(path, f"the {what} it was made for", "others")
    distances = {key[9:]: value for key, value in tensors.items() if key.startswith("distance.")}
    return Stored(Ready(net, x, y, len(test.classes)), distances, about["model"], about["samples"])


def make_stored(problem: Problem) -> tuple[Stored, Tensor]:
    """Return a problem that has no stored envelope, with its net trained and no distances yet, and its rows."""
    net, test = problem.net(), load_data(f"{problem.data}:test")
    rows = right_rows(net, test, min(MOST, problem.most))
    x, y = test.take(rows)
    return Stored(Ready(net, x, y, len(test.classes)), {}, checksum(net), sample_checksum(x, y)), rows


def write_envelope(problem: Problem, found: dict[str, Scores], folder: Path = FOLDER) -> Path:
    """Lower the stored envelope of a problem to the distances found (by norm, of the first samples), and store it."""
    before = read_envelope(problem, folder)
    stored, rows = (before, _rows(problem, folder)) if before is not None else make_stored(problem)
    distances = dict(stored.distances)
    for norm, new in found.items():
        old = distances.get(norm, torch.full((len(rows),), torch.inf, dtype=torch.float64)).clone()
        old[: len(new)] = torch.minimum(old[: len(new)], new.double())
        distances[norm] = old
    net: nn.Module = stored.ready.net
    tensors = {f"net.{key}": value.contiguous() for key, value in net.state_dict().items()}
    tensors |= {"rows": rows, **{f"distance.{norm}": value for norm, value in distances.items()}}
    about = {"problem": problem.name, "model": stored.model, "samples": stored.samples, "distances": _sum_of(tensors)}
    return write_atomic(folder / f"{problem.name}.safetensors", save(tensors, metadata=about))


def sample_checksum(x: Images, y: Labels) -> str:
    """Return the sha256 of samples: values, shape and labels."""
    digest = hashlib.sha256(f"{x.dtype} {tuple(x.shape)}".encode())
    for values in (x, y):
        digest.update(values.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _sum_of(tensors: dict[str, Tensor]) -> str:
    kept = {key: value.tolist() for key, value in sorted(tensors.items()) if key.startswith("distance.")}
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def _rows(problem: Problem, folder: Path) -> Tensor:
    with safe_open(folder / f"{problem.name}.safetensors", framework="pt") as file:
        rows: Tensor = file.get_tensor("rows")
    return rows


def _unfit(path: Path, expected: str, got: str) -> InputError:
    return InputError(
        f"expected {expected} in the stored envelope {path.name}, got {got}: install sparring anew, or remove "
        f"{path} and make it with --update-envelope"
    )
