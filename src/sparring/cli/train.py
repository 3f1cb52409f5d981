"""`sparring train`: a GAN from a folder of images."""

from __future__ import annotations

import dataclasses
import re
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.core.group import this_group
from sparring.core.memory import keep_memory
from sparring.core.runs import new_run_dir
from sparring.data import load_data
from sparring.errors import InputError
from sparring.gan import recipe
from sparring.gan.recipes import recipes
from sparring.registry import units
from sparring.report import train_page, write_report
from sparring.train import train as run_train
from sparring.train._film import FILM
from sparring.train._looks import GRIDS
from sparring.train._rebuilt import REBUILT

ON_ALARM = ("continue", "stop", "rollback")
ENDS = {
    "alarm": "stopped at an alarm; without --on-alarm stop the same command goes on",
    "rollbacks": "ended: it went wrong again after every rollback",
    "flat": "ended: the held-out figure has stopped improving; without --until-flat the same command goes on",
}
"""What is said of a training that ended before its time."""


@app.command()
def train(
    gan: Annotated[
        str, typer.Argument(help="A recipe (dcgan, wgan-gp, baseline, acgan, ...), or a whole 'gan(...)'.")
    ] = "baseline",
    data: Annotated[
        str | None, typer.Option("--data", help="FOLDER, FILE.npz, fashion-mnist:train, toy1d or FILE.py:function.")
    ] = None,
    out: opt.Out = None,
    images: Annotated[
        str | None, typer.Option("--images", help="Real images shown in all, such as 2M or 300k.  [default: 200k]")
    ] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", help="In place of --images: as many as fit.")] = None,
    held_out: Annotated[
        str | None, typer.Option("--held-out", help="Images to compare samples with.  [default: a tenth of --data]")
    ] = None,
    features: Annotated[
        str | None,
        typer.Option("--features", help="The network that compares.  [default: pixels(size=32), of numbers cosines]"),
    ] = None,
    keep: Annotated[int, typer.Option("--keep", help="How many of the best generators to keep.")] = 3,
    until_flat: Annotated[
        bool, typer.Option("--until-flat", help="End when the held-out figure has not improved for 5 looks.")
    ] = False,
    on_alarm: Annotated[
        str, typer.Option("--on-alarm", help="continue, stop at the first, or rollback to before it.")
    ] = "continue",
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write OUT/tensorboard too.")] = False,
    precision: Annotated[str, typer.Option("--precision", help="float32 or bfloat16.")] = "float32",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the whole configuration and stop.")] = False,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    size: opt.Size = None,
    channels: opt.Channels = None,
    seed: opt.Seed = 0,
    quiet: opt.Quiet = False,
) -> int:
    """Train a GAN; pictures of the same codes, and alarms when it collapses, diverges or stops learning.

    Numbers in place of images (FILE.npz of shape (n, 1), or the recipe toy1d, which needs no --data) give a film.

    Killed at any moment, the same command with the same --out goes on and ends with the same weights.
    """
    unit = recipe(gan)
    if dry_run:
        for field in dataclasses.fields(unit):
            print(f"{field.name:<17} {getattr(unit, field.name)}")
        print(f"\nsparring train {str(unit)!r}")
        return 0
    data = data or _data_of(gan)
    if on_alarm not in ON_ALARM or precision not in ("float32", "bfloat16"):
        raise InputError(
            f"expected --on-alarm continue, stop or rollback and --precision float32 or bfloat16, got {on_alarm} and "
            f"{precision}"
        )
    dataset, group = load_data(data, size=size, channels=channels), this_group()
    judged = None if held_out is None else load_data(held_out, size=size, channels=channels)
    wanted = None if images is None else count(images)
    folder = Path(group.share(out or (new_run_dir("train", f"{gan}-{data}") if group.rank == 0 else None)))
    keep_memory()
    progress = _Progress(quiet or group.rank > 0)
    try:
        found = run_train(
            unit, dataset, images=wanted, minutes=minutes, held_out=judged, features=features, keep=keep,
            until_flat=until_flat, seed=seed, out=folder, tensorboard=tensorboard, device=device,
            precision=precision, on_alarm=on_alarm,  # type: ignore[arg-type]
            command=opt.command_line(), progress=progress,
        )  # fmt: skip
    except InputError:
        if out is None and group.rank == 0 and not any(folder.iterdir()):
            folder.rmdir()
        raise
    finally:
        progress.close()
    if group.rank > 0:
        return 0
    grids = sorted((folder / GRIDS).glob("*.png"))
    film = folder / FILM if (folder / FILM).exists() else None
    rebuilt = folder / REBUILT if (folder / REBUILT).exists() else None
    report = write_report(folder / "report.html", train_page(found.result, grids, film, rebuilt))
    result = found.result
    print(f"{gan} on {dataset.name}: {result['images']:,} images in {result['seconds']:.0f} s, seed {seed}")
    print(_figure(result))
    for turn in result["rollbacks"]:
        to = f"ended at {turn['to_images']:,}" if turn["ends"] else f"went back to {turn['to_images']:,}"
        print(f"rollback {turn['number']}: {to} after {turn['images']:,} images: {turn['why']}")
    for alarm in found.alarms:
        print(f"alarm: {alarm.kind} after {alarm.images:,} images: {alarm.evidence}")
    if not found.alarms and not result["rollbacks"]:
        print("no alarm")
    if film is None:
        print(f"samples: sparring sample {folder} --n 64 --out samples.png")
    else:
        print(f"samples: sparring sample {folder} --n 1000 --out samples.npz")
        print(f"film: {film}")
    print(f"report: {report}")
    if result["stopped"]:
        print(ENDS[result["stopped_by"]])
    return int(result["stopped_by"] in ("alarm", "rollbacks"))


def _data_of(gan: str) -> str:
    """Return the data set that has the name of a recipe, for want of another.

    Raises: InputError where there is none.
    """
    name = gan.partition("(")[0].strip()
    if name not in recipes() or name not in units("data"):
        raise InputError("expected --data, got none: a folder of images, an array or a data set")
    return name


def _figure(result: dict[str, Any]) -> str:
    """Return the figure of the generator that is kept, with its interval and what it is told against."""
    figure, kept = result["figure"], result["kept"]
    ends = "" if figure["interval"] is None else " ({:.4g} to {:.4g})".format(*figure["interval"])
    chosen = f", the best of {len(result['looks'])} looks, after {kept[0]['images']:,} images" if kept else ""
    return f"{figure['label']} {figure['value']:.4g}{ends} against half of {figure['against']}{chosen}"


def count(text: str) -> int:
    """Return a number of images from its text.

    >>> count("2M"), count("1.5k"), count("640")
    (2000000, 1500, 640)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmM]?)", text.strip().replace(",", "").replace("_", ""))
    if match is None:
        raise InputError(f"expected a number of images such as 2M, 300k or 640, got {text!r}")
    return round(float(match[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[match[2].lower()])


class _Progress:
    """A bar in images, with what the players lose, the latest look and the time left."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._done, self._look = quiet, 0, ""
        self._begun = (0, 0.0)
        self._bar: Bar | None = None

    def __call__(self, record: dict[str, Any]) -> None:
        if record["event"] == "alarm":
            self._look = f"ALARM {record['kind']}"
            return
        if record["event"] == "rollback":
            self._look = f"ROLLBACK {record['number']} to {record['to_images']:,} images"
            return
        if self._bar is None:
            self._bar = Bar("train", record["of"] * record["images"] // record["round"], quiet=self._quiet)
            self._bar.__enter__()
            self._begun = record["images"], time.monotonic()
        losses = ""
        if "spread" in record:
            judged = f"figure {record['figure']:.4g}, " if "figure" in record else ""
            self._look = f"{judged}spread {record['spread']:.2f}, twins {record['copies']:.0%}"
        if "accuracy" in record:
            losses = f"D {record['discriminator_loss']:.2f} G {record['generator_loss']:.2f} "
        self._bar.advance(record["images"] - self._done, f"{losses}{self._look}{self._pace(record)}")
        self._done = record["images"]

    def _pace(self, record: dict[str, Any]) -> str:
        """Return images a second and the time left, by what this process has played; looks count."""
        images, started = self._begun
        if record["images"] <= images:
            return ""
        rate = (record["images"] - images) / max(time.monotonic() - started, 1e-9)
        total = record["of"] * record["images"] // record["round"]
        minutes, seconds = divmod(round((total - record["images"]) / rate), 60)
        return f" ({rate:.0f} images/s, {minutes}:{seconds:02d} left)"

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
