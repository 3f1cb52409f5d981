"""The verb `train`: a generator and a discriminator from data, watched while it happens."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save as save_tensors

from sparring.core.group import this_group
from sparring.core.runs import machine, open_run, versions, write_atomic, write_json
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.games import Feed, Plan
from sparring.games import train as play
from sparring.gan import Gan, recipe
from sparring.gan.game import GENERATOR
from sparring.gan.nets import Generator
from sparring.train._load import WEIGHTS
from sparring.train._looks import Looks
from sparring.train._minutes import fitting_images
from sparring.train._watch import Alarm, Limits, Watch

Record = dict[str, Any]
LOOKS = 20
"""How often samples are looked at in a training."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training gave: the `generator` in eval mode, `alarms`, and what `result.json` holds."""

    generator: Generator
    alarms: list[Alarm]
    result: dict[str, Any]
    folder: Path | None


def train(
    gan: str | Gan,
    data: str | Dataset,
    *,
    images: float | None = None,
    minutes: float | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    device: str | torch.device = "cpu",
    precision: Literal["float32", "bfloat16"] = "float32",
    on_alarm: Literal["continue", "stop"] = "continue",
    limits: Limits | None = None,
    command: str | None = None,
    progress: Callable[[Record], None] | None = None,
) -> Trained:
    """Train a GAN on images of any size, or on plain features, and say while it happens what goes wrong.

    Args:
        gan: a recipe, such as "dcgan" or "baseline(batch_size=32)", or a whole "gan(...)".
        data: a Dataset, or the text of one; labels are needed by conditional GANs alone.
        images: real images shown to the discriminator, 200,000 unless `minutes` are given.
        minutes: in their place, as many as fit, from the time that some rounds take.
        seed: decides every random number.
        out: a directory for the run: checkpoints, log, pictures of the same codes. Killed at any moment, the same call
            goes on and ends with the same weights, to the bit on the same machine. Under `torchrun` all processes share
            every batch.
        precision: bfloat16 for the networks where the hardware has it; penalties stay in float32.
        on_alarm: stop ends the training at the first alarm, its weights kept.
        limits: from where on something is an alarm.
        progress: called with every record of the log, and with every alarm.

    Returns: Trained.

    Raises: InputError, one line, for bad input, losses that are not finite (the last good checkpoint stays: G36), or a
    directory that holds another run.

    Cost: that of the GAN's rounds, and 20 looks at 256 samples.

    >>> found = train("gan(nets=dense(hidden=(16,)))", "digits:train", images=640)
    >>> found.generator(torch.zeros(3, found.generator.latent)).shape
    torch.Size([3, 1, 8, 8])
    """
    unit, whole, place = recipe(gan), load_data(data), torch.device(device)
    group, folder = this_group(), None if out is None else Path(out)
    if images is not None and minutes is not None:
        raise InputError("expected images or minutes, got both")
    if unit.conditional:
        whole.take([0])  # says so when there are no labels
    if minutes is not None:
        images = fitting_images(unit, whole, minutes, LOOKS, folder, group, place)
    images = 200_000 if images is None else images
    each = min(unit.batch_size, len(whole)) * unit.rule.batches
    if not (math.isfinite(images) and images >= each):
        raise InputError(f"expected at least one round of {each} images, got {images}")
    rounds = math.ceil(images / each)
    spec = {
        "kind": "train", "gan": str(unit), "data": whole.name, "data_checksum": whole.checksum,
        "shape": list(whole.shape), "classes": len(whole.classes), "images": int(images), "precision": precision,
        "seed": seed, "on_alarm": on_alarm,
    }  # fmt: skip
    if folder is not None and group.rank == 0:
        open_run(folder, spec, command)
    group.wait()

    generator, discriminator = unit.build(whole.shape, len(whole.classes), seed=seed, data=whole)
    game = unit.game(generator.to(place), discriminator.to(place), group)
    table = unit.table(game, group, precision)
    watch = _Hearing(limits, folder, progress)
    plan = Plan(
        rounds, seed, every=max(1, rounds // LOOKS), evaluate=Looks(whole, generator.latent, seed, folder),
        progress=watch, pulse=max(1, min(50, rounds // LOOKS)),
        halt=(lambda: bool(watch.alarms)) if on_alarm == "stop" else None,
    )  # fmt: skip
    files = play(game, unit.rule, table, Feed(whole, unit.batch_size, seed, group=group, device=place), plan, folder)
    watch.catch_up()
    average = table.players[GENERATOR].average
    kept = generator if average is None else average.module
    assert isinstance(kept, Generator)
    told = ("round", "images", "seconds", "spread", "copies", "apart")
    result = {
        "kind": "train",
        "spec": spec | {"versions": versions()},
        "images": table.images,
        "rounds": table.round,
        "seconds": round(files.seconds, 3),
        "alarms": [asdict(alarm) for alarm in watch.alarms],
        "stopped": table.round < rounds,
        "looks": [{k: record[k] for k in told if k in record} for record in files.history("evaluate")],
        "losses": files.history("train"),
        "command": command,
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
    }
    if folder is not None and group.rank == 0:
        tensors = {name: value.detach().cpu().contiguous() for name, value in kept.state_dict().items()}
        write_atomic(folder / WEIGHTS, save_tensors(tensors))
        write_json(folder / "result.json", result)
    group.wait()
    return Trained(kept.cpu().eval().requires_grad_(False), watch.alarms, result, folder)


class _Hearing:
    """Hears the loop for the watch; in a resumed run it begins with what the log holds already."""

    def __init__(self, limits: Limits | None, folder: Path | None, progress: Callable[[Record], None] | None) -> None:
        self._watch, self._folder, self._progress, self._begun = Watch(limits), folder, progress, False

    @property
    def alarms(self) -> list[Alarm]:
        """All alarms so far, those of before an interruption included."""
        return self._watch.alarms

    def __call__(self, record: Record) -> None:
        """Take in a record, and pass it on with the alarms that begin with it."""
        self._begin(record["round"], record["event"])
        begun = self._watch.hear(record)
        if self._progress is not None:
            self._progress(record)
            for alarm in begun:
                self._progress({"event": "alarm", **asdict(alarm)})

    def catch_up(self) -> None:
        """Hear the log of a run that was over before this call."""
        self._begin(math.inf, "")

    def _begin(self, round_: float, event: str) -> None:
        if self._begun or self._folder is None or not (self._folder / "log.jsonl").exists():
            self._begun = True
            return
        self._begun = True
        for line in (self._folder / "log.jsonl").read_text().splitlines():
            record = json.loads(line)
            if (record["round"], record["event"]) == (round_, event):
                return
            self._watch.hear(record)
