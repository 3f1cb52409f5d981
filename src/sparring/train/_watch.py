"""What goes wrong with a GAN, said while it happens, with the evidence: a pure function of the records of its log."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Alarm:
    """What is wrong (`kind`), since when, and how it shows."""

    kind: str
    round: int
    images: int
    evidence: str


@dataclass(frozen=True)
class Limits:
    """From where on something counts as wrong.

    Fields:
        grace: rounds in the beginning of which nothing but divergence is said.
        patience: looks in a row at samples (`evaluate`) that have to be bad.
        pulses: records in a row of losses (`train`) that have to be bad.
        spread: samples this much closer to each other than real images have collapsed, in (0, 1).
        copies: so large a share of samples with a twin among them, in (0, 1].
        recall: and so small a share of real images near any sample, in [0, 1).
        faint: a generator's gradient this small, as a share of its median so far.
        sure: the discriminator is right on so large a share of images.
        even: its accuracy is this close to one half,
        level: and its scores of real and generated images are this close, in their own spread.
        wild: a gradient this much longer than its median so far.
        apart: the average's samples are so far from the weights' own, as a share of how far real images are apart.
    """

    grace: int = 500
    patience: int = 2
    pulses: int = 5
    spread: float = 0.4
    copies: float = 0.5
    recall: float = 0.05
    faint: float = 0.01
    sure: float = 0.995
    even: float = 0.02
    level: float = 0.02
    wild: float = 1000.0
    apart: float = 0.5


class Watch:
    """Hears the records of a training in order, and raises each kind of alarm when it begins.

    The same records give the same alarms, so a resumed run replays its log. Kinds:

    - `collapse`: samples of a fixed z are close to each other where real images are not, or copies of each other.
    - `vanishing`: the discriminator is right everywhere, and the generator's gradient is gone or says nothing new.
    - `idle`: the discriminator cannot tell at all: the equilibrium, or one that is too weak.
    - `divergence`: a gradient far longer than it has been.
    - `apart`: the average of the weights makes other images than the weights do.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.alarms: list[Alarm] = []
        self._row = dict.fromkeys(("collapse", "vanishing", "idle", "apart"), 0)
        self._on = set[str]()
        self._slopes: dict[str, list[float]] = {"generator_slope": [], "discriminator_slope": []}

    def replay(self, records: Iterable[Record]) -> None:
        """Hear what was told before an interruption."""
        for record in records:
            self.hear(record)

    def hear(self, record: Record) -> list[Alarm]:
        """Take in one record and return the alarms that begin with it."""
        seen = self._losses(record) if record.get("event") == "train" else self._samples(record)
        begun = []
        for kind, evidence in seen.items():
            if evidence and kind not in self._on:
                self._on.add(kind)
                begun.append(Alarm(kind, int(record["round"]), int(record["images"]), evidence))
            elif not evidence:
                self._on.discard(kind)
        self.alarms += begun
        return begun

    def _losses(self, record: Record) -> dict[str, str]:
        limits, early = self.limits, record["round"] <= self.limits.grace
        typical = {name: statistics.median(past) if past else None for name, past in self._slopes.items()}
        seen = {"divergence": ""}
        for name, past in self._slopes.items():
            now, usual = record.get(name), typical[name]
            if now is None:
                continue
            if usual and len(past) >= limits.pulses and now > limits.wild * usual:
                player = name.removesuffix("_slope")
                seen["divergence"] = f"the gradient of the {player} is {now:.3g}, its median so far {usual:.3g}"
            past.append(float(now))
        accuracy, slope, usual = record.get("accuracy"), record.get("generator_slope"), typical["generator_slope"]
        if early or accuracy is None:
            return seen
        faint = slope is not None and usual is not None and slope < limits.faint * usual
        for kind, bad, evidence in (
            (
                "vanishing", accuracy >= limits.sure or (faint and accuracy > 0.9),
                f"the discriminator is right on {accuracy:.1%} of images for {limits.pulses} records in a row"
                + (f", and the generator's gradient is {slope:.2g}, its median {usual:.2g}" if faint else ""),
            ),
            (
                "idle", abs(accuracy - 0.5) <= limits.even and self._level(record),
                f"the discriminator is right on {accuracy:.1%} of images for {limits.pulses} records in a row: the "
                "equilibrium, or a discriminator that is too weak",
            ),
        ):  # fmt: skip
            seen[kind] = self._lasting(kind, bad, limits.pulses, evidence)
        return seen

    def _level(self, record: Record) -> bool:
        """Say whether real and generated images have the same scores."""
        real, fake = record.get("real"), record.get("fake")
        return real is None or fake is None or abs(real - fake) <= self.limits.level * max(1.0, abs(real), abs(fake))

    def _samples(self, record: Record) -> dict[str, str]:
        limits, seen = self.limits, dict[str, str]()
        if record["round"] <= limits.grace:
            return seen
        spread, copies, recall = record.get("spread"), record.get("copies"), record.get("recall")
        if spread is not None and copies is not None:
            bad = spread < limits.spread or copies > limits.copies or (recall is not None and recall < limits.recall)
            evidence = f"samples are {spread:.2f} as far apart as real images, {copies:.0%} of them have a twin" + (
                "" if recall is None else f", {recall:.1%} of real images are near one"
            )
            seen["collapse"] = self._lasting("collapse", bad, limits.patience, evidence)
        apart = record.get("apart")
        if apart is not None:
            evidence = f"the average's samples differ from the weights' own by {apart:.2f} of how real images differ"
            seen["apart"] = self._lasting("apart", apart > limits.apart, limits.patience, evidence)
        return seen

    def _lasting(self, kind: str, bad: bool, wanted: int, evidence: str) -> str:
        """Return the evidence once it has been bad often enough in a row."""
        self._row[kind] = self._row[kind] + 1 if bad else 0
        return evidence if self._row[kind] >= wanted else ""
