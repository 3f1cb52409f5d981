"""A figure with its interval, and the fingerprint that says what it may be compared with."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from sparring.errors import InputError


@dataclass(frozen=True)
class Fingerprint:
    """Everything that decides a figure besides the samples: two figures are comparable if all of it agrees.

    Fields:
        features: the name of the feature network, such as "efficientnet-lite0".
        checksum: sha256 of its weights.
        resize: how images are brought to its size, such as "bilinear-antialias 224x224", or "none".
        n: samples that were judged.
        reference: how many real images they were judged against.
        data: checksum of these real images.
        split: which half of the data they are, such as "report" of "fashion-mnist:test".
        seed: decides the halves, subsets and splits.
    """

    features: str
    checksum: str
    resize: str
    n: int
    reference: int
    data: str
    split: str
    seed: int


@dataclass(frozen=True)
class Figure:
    """One figure of a set of samples, as metrics return it.

    Fields:
        name: what it is, such as "fid".
        value: the figure.
        interval: both ends of its 95 % interval, or None where there is none.
        method: how the interval was made, in words.
        better: "lower", "higher", or "real" where the figure of real data is what to aim at.
        n: samples it is of.
        reference: real images they were compared with, 0 where none are.
        unit: "share" for shares of 1, else "".
        fingerprint: what decides it besides the samples; None before `sparring.evaluate` has set it.
        details: more that a reader may want, by name.

    >>> str(Figure("fid", 12.345, (11.5, 13.25), "jackknife", "lower", 100, 100))
    'fid 12.35 (11.5 to 13.25)'
    """

    name: str
    value: float
    interval: tuple[float, float] | None
    method: str
    better: str
    n: int
    reference: int = 0
    unit: str = ""
    fingerprint: Fingerprint | None = None
    details: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        """The name with that of its features, as it is to be quoted: `fid[efficientnet-lite0]`."""
        return f"{self.name}[{self.fingerprint.features}]" if self.fingerprint else self.name

    def __str__(self) -> str:
        ends = "" if self.interval is None else f" ({self.interval[0]:.4g} to {self.interval[1]:.4g})"
        return f"{self.label} {self.value:.4g}{ends}"

    def to_json(self) -> dict[str, Any]:
        """Return the figure as it stands in `result.json`."""
        return {"label": self.label, **dataclasses.asdict(self)}


def difference(one: Figure, other: Figure) -> float:
    """Return by how much one figure exceeds another of the same fingerprint.

    Raises: InputError for figures of other names, without fingerprints, or made with anything else: the error names
    what differs.

    >>> print_ = Fingerprint("pixels", "", "none", 10, 10, "", "all", 0)
    >>> a, b = (Figure("fid", value, None, "", "lower", 10, 10, fingerprint=print_) for value in (3.0, 2.5))
    >>> difference(a, b)
    0.5
    """
    if one.name != other.name:
        raise InputError(f"expected two figures of one name, got {one.label} and {other.label}")
    if one.fingerprint is None or other.fingerprint is None:
        raise InputError(f"expected figures with fingerprints, got {one.label} without: take them from evaluate")
    apart = [
        f"{entry.name} ({getattr(one.fingerprint, entry.name)} and {getattr(other.fingerprint, entry.name)})"
        for entry in dataclasses.fields(Fingerprint)
        if getattr(one.fingerprint, entry.name) != getattr(other.fingerprint, entry.name)
    ]
    if apart:
        raise InputError(
            f"expected two figures of one fingerprint, got {one.label} and {other.label} that differ in "
            f"{', '.join(apart)}: evaluate both alike"
        )
    return one.value - other.value
