"""The verb `train`: a generator and a discriminator from data, watched while it happens."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save as save_tensors

from sparring.core.group import this_group
from sparring.core.runs import open_run, write_atomic, write_json
from sparring.core.tensors import stored
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.games import Feed, Plan, Rollback
from sparring.games import train as play
from sparring.gan import Gan, recipe
from sparring.gan.game import GENERATOR
from sparring.gan.nets import Generator
from sparring.metrics.features import FeatureNetwork, features_unit
from sparring.registry import show
from sparring.train._board import Board, needs_tensorboard
from sparring.train._film import Film, Filmed, can_be_filmed
from sparring.train._hearing import Hearing
from sparring.train._held import Judge, hold_out, told
from sparring.train._kept import Kept, weights
from sparring.train._load import WEIGHTS
from sparring.train._looks import Looks
from sparring.train._minutes import fitting_images
from sparring.train._rebuilt import write_rebuilt
from sparring.train._result import result_of
from sparring.train._watch import Alarm, Limits

LOOKS, APART = 20, 2000
"""How often samples are looked at in a training, and after how many rounds at most."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training gave: the best `generator` in eval mode, `alarms`, and what `result.json` holds."""

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
    held_out: str | Dataset | None = None,
    features: str | FeatureNetwork | None = None,
    keep: int = 3,
    until_flat: bool = False,
    on_alarm: Literal["continue", "stop", "rollback"] = "continue",
    limits: Limits | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    tensorboard: bool = False,
    device: str | torch.device = "cpu",
    precision: Literal["float32", "bfloat16"] = "float32",
    command: str | None = None,
    progress: Callable[[dict[str, Any]], None] | None = None,
) -> Trained:
    """Train a GAN on images of any size, or on plain features; say what goes wrong while it does, and keep the best.

    Args:
        gan: a recipe, such as "dcgan" or "baseline(batch_size=32)", or a whole "gan(...)".
        data: a Dataset, or the text of one; labels are needed by conditional GANs alone.
        images: real images shown to the discriminator, 200,000 unless `minutes` are given.
        minutes: in their place, as many as fit, from the time that some rounds take.
        held_out: images that samples are compared with. By default a tenth of the data, at most 2,000 images, that are
            then not trained on; of fewer than 2,000 none are held out, and the result says so. One half of them chooses
            among the looks, the figure that is told is of the other (G40).
        features: the network that compares; by default none, but the pixels themselves, of images with up to 32 a side
            and of larger ones at that size; where a sample is a single number its cosines, which see all of a density.
        keep: how many of the best generators to keep, ≥ 1.
        until_flat: end when the figure of the select half has not improved beyond its noise for 5 looks.
        on_alarm: stop ends the training at the first alarm, its weights kept. rollback goes back, at
            collapse, divergence, vanishing or what is not finite, to a state from before it can have begun, and on
            with other random numbers at half the learning rates; after three times, the next ends it.
        limits: from where on something is an alarm.
        seed: decides every random number.
        out: a directory for the run: checkpoints, log, pictures of the same codes or, where a sample is a single
            number, of the game (`frames/`, `game.gif`). Killed at any moment, the same call goes on and ends with the
            same weights, to the bit on the same machine. Under `torchrun` all processes share every batch.
        tensorboard: write losses, figures and pictures for TensorBoard to `out`.
        precision: bfloat16 for the networks where the hardware has it; penalties stay in float32.
        progress: called with every record of the log, and with every alarm.

    Returns: Trained.

    Raises: InputError, one line, for bad input, losses that are not finite (the last good checkpoint stays: G36), or a
    directory that holds another run.

    Cost: that of the GAN's rounds, and 20 looks at up to 1,000 samples; one every 2,000 rounds in a longer training.

    >>> found = train("gan(nets=dense(hidden=(16,)))", "digits:train", images=640)
    >>> found.generator(torch.zeros(3, found.generator.latent)).shape
    torch.Size([3, 1, 8, 8])
    >>> found.result["figure"]["label"], found.result["figure"]["held_out"]
    ('fid[pixels]', False)
    """
    unit, whole, place = recipe(gan), load_data(data), torch.device(device)
    group, folder = this_group(), None if out is None else Path(out)
    if images is not None and minutes is not None:
        raise InputError("expected images or minutes, got both")
    if keep < 1:
        raise InputError(f"expected at least 1 generator to keep, got {keep}")
    if unit.conditional:
        whole.take([0])  # says so when there are no labels
    if tensorboard:
        needs_tensorboard(folder)
    held = hold_out(whole, None if held_out is None else load_data(held_out), seed)
    network = features_unit(features or ("cosines" if can_be_filmed(whole) else "pixels(size=32)"))
    judge = Judge(held, network, seed)
    if minutes is not None:
        images = fitting_images(unit, held.train, minutes, LOOKS + 1, folder, group, place, judge)
    images = 200_000 if images is None else images
    each = min(unit.batch_size, len(held.train)) * unit.rule.batches
    if not (math.isfinite(images) and images >= each):
        raise InputError(f"expected at least one round of {each} images, got {images}")
    rounds = math.ceil(images / each)
    spec = {
        "kind": "train", "gan": show(unit, whole=True), "data": whole.name, "data_checksum": whole.checksum,
        "shape": list(whole.shape), "classes": len(whole.classes), "images": int(images), "precision": precision,
        "seed": seed, "held_out": held.words, "features": str(network),
    }  # fmt: skip
    if folder is not None and group.rank == 0:
        open_run(folder, spec, command)
    group.wait()

    generator, discriminator = unit.build(whole.shape, len(whole.classes), seed=seed, data=held.train)
    game = unit.game(generator.to(place), discriminator.to(place), group)
    table = unit.table(game, group, precision)
    board = Board(folder) if tensorboard and folder is not None and group.rank == 0 else None
    hearing = Hearing(limits, folder, _both(board, progress))
    every, pulse = max(1, min(rounds // LOOKS, APART)), max(1, min(50, rounds // LOOKS))
    back = _rollback(hearing, limits or Limits(), every, pulse) if on_alarm == "rollback" else None
    kept = Kept(folder, keep, back.looks if back else 0, judge.label, writes=group.rank == 0)

    def why_end() -> str:
        hearing.catch_up()
        if on_alarm == "stop" and hearing.alarms:
            return "alarm"
        return "flat" if until_flat and hearing.flat() else ""

    plan = Plan(
        rounds, seed, every, Looks(held.train, generator.latent, seed, folder, judge, kept), progress=hearing,
        pulse=pulse, halt=lambda: bool(why_end()), rollback=back,
    )  # fmt: skip
    feed = Feed(held.train, unit.batch_size, seed, group=group, device=place)
    film = None
    if folder is not None and can_be_filmed(whole) and unit.pack == 1:  # what judges packs has no curve over numbers
        film = Film(unit.loss, held.train, rounds, folder)
    files = play(game, unit.rule if film is None else Filmed(unit.rule, film), table, feed, plan, folder)
    hearing.catch_up()
    gone_back = files.history("rollback")
    stopped = "" if table.round == rounds else "rollbacks" if gone_back and gone_back[-1]["ends"] else why_end()
    if board is not None:
        board.close()
    kept.finish(table.round)
    if film is not None:
        film.finish(table)

    average = table.players[GENERATOR].average
    best = copy.deepcopy(generator if average is None else average.module)
    assert isinstance(best, Generator)
    best.load_state_dict(kept.best(table.round) if kept.told(table.round) else weights(table))
    figure = told(judge.report(best), held)
    result = result_of(spec, table, files, held, kept, figure, hearing.alarms, stopped=stopped, command=command)
    if folder is not None and group.rank == 0:
        write_atomic(folder / WEIGHTS, save_tensors(stored(best)))
        write_rebuilt(best, held.report, seed, folder)
        write_json(folder / "result.json", result)
    group.wait()
    return Trained(best.cpu().eval().requires_grad_(False), hearing.alarms, result, folder)


def _rollback(hearing: Hearing, limits: Limits, every: int, pulse: int) -> Rollback:
    """Return the way back to before an alarm began: it takes `patience` looks to be told, or twice `pulses` records."""
    looks = max(limits.patience, 1 + math.ceil((2 * limits.pulses - 1) * pulse / every))
    return Rollback(hearing.trouble, looks=min(looks, LOOKS), after=limits.grace)


def _both(
    board: Board | None, progress: Callable[[dict[str, Any]], None] | None
) -> Callable[[dict[str, Any]], None] | None:
    if board is None:
        return progress

    def tell(record: dict[str, Any]) -> None:
        board(record)
        if progress is not None:
            progress(record)

    return tell
