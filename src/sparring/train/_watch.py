"""What goes wrong with a GAN, said while it happens, with the evidence: a pure function of the records of its log."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Record = Mapping[str, Any]
PLAYERS = ("discriminator", "generator")


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
        recall: a share of real images near any sample that has fallen to so much of its best, in (0, 1), where that
        found: was at least this, in (0, 1).
        faint: a generator's gradient this small, as a share of what it has been.
        sure: the discriminator is right on so large a share of images in `pulses` records and as many before each.
        fooled: its scores of generated images are so much above those of real ones, by their own size.
        even: its accuracy is this close to one half,
        level: and its scores are this close, by their own size.
        ahead: one player moves this many times as fast as the other, each as a share of its own weights.
        stride: a player moves so far in a step, as a share of its weights.
        wild: a gradient this much longer than its median so far.
        apart: the average's samples are so far from the weights' own, as a share of how far real images are apart.
    """

    grace: int = 500
    patience: int = 2
    pulses: int = 5
    spread: float = 0.3
    copies: float = 0.5
    recall: float = 0.2
    found: float = 0.3
    faint: float = 0.01
    sure: float = 0.995
    fooled: float = 0.15
    even: float = 0.02
    level: float = 0.001
    ahead: float = 20.0
    stride: float = 0.025
    wild: float = 1000.0
    apart: float = 0.8


@dataclass
class Past:
    """What a record is compared with: gradients and accuracies so far, the last look at samples, the best recall."""

    slopes: dict[str, list[float]] = field(default_factory=lambda: {player: [] for player in PLAYERS})
    accuracies: list[float] = field(default_factory=list)
    look: Record = field(default_factory=dict)
    best: float = 0.0

    def take_in(self, record: Record) -> None:
        """Let a record, which has been judged, be of the past."""
        for player, past in self.slopes.items():
            if f"{player}_slope" in record:
                past.append(float(record[f"{player}_slope"]))
        if "accuracy" in record:
            self.accuracies.append(float(record["accuracy"]))
        if "spread" in record:
            self.look = record
        self.best = max(self.best, float(record.get("recall", 0.0)))


def divergence(record: Record, past: Past, limits: Limits) -> str:
    """Say which player steps too far, ‖Δw‖ > stride ‖w‖, or has a gradient `wild` times its median so far."""
    for player in PLAYERS:
        pace, now = record.get(f"{player}_pace"), record.get(f"{player}_slope")
        if pace is not None and pace > limits.stride:
            return f"the {player} moves by {pace:.1%} of its own weights in a step: its learning rate is far too high"
        if now is None or len(past.slopes[player]) < limits.pulses:
            continue
        usual = statistics.median(past.slopes[player])
        if 0 < limits.wild * usual < now:
            return f"the gradient of the {player} is {now:.3g}, its median so far {usual:.3g}"
    return ""


def vanishing(record: Record, past: Past, limits: Limits) -> str:
    """Say that the generator learns nothing: it is outrun, its gradient is gone, or the discriminator is always right.

    Outrun: the discriminator's pace > `ahead` times the generator's. Gone: slope < `faint` times the upper tenth of
    the slopes so far, under an accuracy above 0.9. Always right: accuracy ≥ `sure`, and so it was in `pulses` records
    before, though samples are not all alike: if they are, that is what is wrong.
    """
    times = _outrun(record, "generator", limits)
    if times:
        return f"the discriminator moves {times:.0f} times as fast as the generator, each by its own weights"
    accuracy, slope, slopes = record.get("accuracy"), record.get("generator_slope"), past.slopes["generator"]
    if accuracy is None:
        return ""
    if slope is not None and len(slopes) >= limits.pulses and accuracy > 0.9:
        full = sorted(slopes)[int(0.9 * len(slopes))]
        if slope < limits.faint * full:
            return (
                f"the generator's gradient is {slope:.2g}, where it has been {full:.2g}, and the discriminator is "
                f"right on {accuracy:.1%} of images"
            )
    lately = [*past.accuracies[-limits.pulses :], accuracy]
    if len(lately) <= limits.pulses or min(lately) < limits.sure or collapse(past.look, past, limits):
        return ""
    return f"the discriminator is right on {accuracy:.1%} of images"


def idle(record: Record, past: Past, limits: Limits) -> str:
    """Say that the discriminator tells nothing: it is outrun, fooled, or scores everything alike.

    Outrun: the generator's pace > `ahead` times the discriminator's. With mean scores s of real and s' of generated
    images and m = max(1, |s|, |s'|), fooled: s' − s > `fooled` m, unless a balance holds them so (BEGAN). Alike:
    |s − s'| ≤ `level` m under an accuracy within `even` of one half. Scores that are just near each other are no alarm:
    that is how healthy games are played.
    """
    times = _outrun(record, "discriminator", limits)
    if times:
        return f"the generator moves {times:.0f} times as fast as the discriminator, each by its own weights"
    accuracy, real, fake = record.get("accuracy"), record.get("real"), record.get("fake")
    if accuracy is None or real is None or fake is None:
        return ""
    gap = (real - fake) / max(1.0, abs(real), abs(fake))
    if gap < -limits.fooled and "balance" not in record:
        return f"the discriminator holds generated images for more real than real ones: {fake:.2f} to {real:.2f}"
    if abs(gap) <= limits.level and abs(accuracy - 0.5) <= limits.even:
        return f"the discriminator scores everything alike, {real:.3f}, and is right on {accuracy:.1%} of images"
    return ""


def collapse(record: Record, past: Past, limits: Limits) -> str:
    """Say that samples of the fixed codes are alike: close to each other, twins, or near few real images of late."""
    spread, copies, recall = record.get("spread"), record.get("copies"), record.get("recall")
    if spread is None or copies is None:
        return ""
    lost = recall is not None and past.best >= limits.found and recall < limits.recall * past.best
    if not (lost or spread < limits.spread or copies > limits.copies):
        return ""
    return f"samples are {spread:.2f} as far apart as real images, {copies:.0%} of them have a twin" + (
        "" if recall is None else f", {recall:.1%} of real images are near one, {max(past.best, recall):.1%} at best"
    )


def apart(record: Record, past: Past, limits: Limits) -> str:
    """Say that the average of the weights makes other images than the weights do."""
    away = record.get("apart")
    if away is None or away <= limits.apart:
        return ""
    return f"the average's samples differ from the weights' own by {away:.2f} of how real images differ"


def _outrun(record: Record, player: str, limits: Limits) -> float:
    """Return how many times as fast the other player moves, 0 below the limit."""
    own, other = (record.get(f"{name}_pace") for name in (player, PLAYERS[player == PLAYERS[0]]))
    if own is None or other is None or not other > limits.ahead * own:
        return 0.0
    return float(other / max(own, 1e-12))


Judge = Callable[[Record, Past, Limits], str]
LOSSES: Mapping[str, Judge] = {"divergence": divergence, "vanishing": vanishing, "idle": idle}
SAMPLES: Mapping[str, Judge] = {"collapse": collapse, "apart": apart}


class Watch:
    """Hears the records of a training in order, and raises each kind of alarm when it begins.

    The same records give the same alarms, so a resumed run replays its log. Divergence is said at once, everything else
    after `grace` rounds, and when it has been so in `pulses` records of losses or `patience` looks in a row. Kinds:

    - `collapse`: samples of a fixed z are close to each other where real images are not, or copies of each other.
    - `vanishing`: the discriminator is too strong: the generator learns nothing.
    - `idle`: the discriminator is too weak: it cannot tell, or hardly moves.
    - `divergence`: steps as long as no descent is, or a gradient far longer than it has been.
    - `apart`: the average of the weights makes other images than the weights do.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.alarms: list[Alarm] = []
        self._past, self._on = Past(), set[str]()
        self._row = dict.fromkeys((*LOSSES, *SAMPLES), 0)

    def replay(self, records: Iterable[Record]) -> None:
        """Hear what was told before an interruption."""
        for record in records:
            self.hear(record)

    def hear(self, record: Record) -> list[Alarm]:
        """Take in one record and return the alarms that begin with it."""
        limits, begun, early = self.limits, [], record["round"] <= self.limits.grace
        of_losses = record.get("event") == "train"
        judges, wanted = (LOSSES, limits.pulses) if of_losses else (SAMPLES, limits.patience)
        for kind, judge in judges.items():
            evidence = judge(record, self._past, limits) if of_losses or not early else ""
            self._row[kind] = self._row[kind] + 1 if evidence else 0
            due = kind == "divergence" or (self._row[kind] >= wanted and not early)
            if not evidence:
                self._on.discard(kind)
            elif due and kind not in self._on:
                self._on.add(kind)
                lasting = "" if kind == "divergence" or wanted == 1 else f", {wanted} times in a row"
                begun.append(Alarm(kind, int(record["round"]), int(record["images"]), evidence + lasting))
        self._past.take_in(record)
        self.alarms += begun
        return begun
