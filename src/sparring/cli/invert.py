"""`sparring invert`: the code that a generator makes an image's nearest likeness of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save as save_tensors
from torch import Tensor

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.cli._bar import Bar
from sparring.core.runs import machine, new_run_dir, versions, write_atomic, write_json
from sparring.data import write_png
from sparring.errors import InputError
from sparring.gan.inference import encoder_of
from sparring.latent import Inversion, nearest_other, sheet
from sparring.latent import invert as run_invert
from sparring.latent._inputs import images_for, trained_on
from sparring.train import load_discriminator, load_generator

SHOWN, REAL = 12, 10_000
"""Images on the sheet, and training images that the nearest is looked for among, at most."""
MEANING = "rows: the image, the generator's, the nearest of the random samples"


@app.command()
def invert(
    run: Annotated[Path, typer.Argument(help="The directory of a training.")],
    sources: Annotated[list[str], typer.Argument(help="Pictures, FOLDER, FILE.npz or a data set.", metavar="IMAGE...")],
    out: opt.Out = None,
    n: Annotated[int, typer.Option("--n", help="Images of each source, at most, drawn by the seed.")] = 16,
    tries: Annotated[int, typer.Option("--tries", help="Random codes to begin with.")] = 1000,
    starts: Annotated[int, typer.Option("--starts", help="The best of them that descend.")] = 4,
    steps: Annotated[int, typer.Option("--steps", help="Steps of each.")] = 300,
    lr: Annotated[float, typer.Option("--lr", help="How long the first steps are.")] = 0.05,
    prior: Annotated[float, typer.Option("--prior", help="Weight of the mean square of the code.")] = 0.0,
    features: Annotated[
        float, typer.Option("--features", help="Weight of the error in the discriminator's features.")
    ] = 0.0,
    seed: opt.Seed = 0,
    quiet: opt.Quiet = False,
) -> int:
    """Find the codes of images: descent through the frozen generator from the nearest of many random samples.

    The error, a mean square, stands beside that of the nearest random sample and of the nearest other training image.
    Where an encoder was learned (ali, veegan, lfvi), its code is begun from too, and its own error told.
    """
    generator = load_generator(run)
    judge, encoder = load_discriminator(run) if features else None, encoder_of(generator)
    loaded = [images_for(generator, source, n, seed) for source in sources]
    images = torch.cat([each.images() for each in loaded])
    guess = None if encoder is None or generator.classes else encoder(images)
    names = [
        file or name for name, each in zip(sources, loaded, strict=True) for file in each.files or [name] * len(each)
    ]
    folder, fresh = (out, False) if out is not None else (new_run_dir("invert", run.name), True)
    try:
        with Bar("invert", len(images), quiet=quiet) as bar:
            done = 0

            def progress(reached: int, _: int) -> None:
                nonlocal done
                bar.advance(reached - done)
                done = reached

            found = run_invert(
                generator, images, tries=tries, starts=starts, steps=steps, lr=lr, prior=prior, weight=features,
                features=None if judge is None else judge.features, guess=guess, seed=seed,
                progress=progress,
            )  # fmt: skip
    except InputError:
        if fresh:
            folder.rmdir()
        raise
    near = _nearest_real(run, images, seed)
    _write(folder, found, images, names, near)
    spec = {
        "kind": "invert", "run": str(run), "sources": sources, "n": n, "tries": tries, "starts": starts, "steps": steps,
        "lr": lr, "prior": prior, "features": features, "seed": seed,
    }  # fmt: skip
    write_json(folder / "spec.json", spec | {"versions": versions(), "command": opt.command_line()})
    print(f"{len(images)} images, {steps} steps from {starts} of {tries} codes, seed {seed}")
    print(f"error {_mean(found.error)}, nearest random sample {_mean(found.drawn_error)}", end="")
    print(f", nearest training image {_mean(near[0])}" if near is not None else "")
    if found.guessed_error is not None:
        print(f"error of the encoder alone {_mean(found.guessed_error)}, whose code was begun from too")
    length = found.codes.norm(dim=1).mean().item()
    print(f"length of codes {length:.2f}, where random ones have {generator.latent**0.5:.2f}")
    more = ", the nearest training image" if near is not None else ""
    more += ", the encoder's alone" if found.guessed is not None else ""
    print(MEANING + more)
    print(f"codes, errors and pictures: {folder}")
    return 0


def _nearest_real(run: Path, images: Tensor, seed: int) -> tuple[Tensor, Tensor] | None:
    """Return error and pixels of the nearest other training image, where the training data can be had."""
    data = trained_on(run)
    if data is None or data.shape != images.shape[1:]:
        return None
    others = data.images(data.subset(REAL, seed))
    error, which = nearest_other(images, others)
    return error, others[which]


def _write(
    folder: Path, found: Inversion, images: Tensor, names: list[str], near: tuple[Tensor, Tensor] | None
) -> None:
    tensors = {"codes": found.codes, "error": found.error}
    if found.labels is not None:
        tensors["labels"] = found.labels
    write_atomic(folder / "codes.safetensors", save_tensors(tensors))
    if images.ndim == 4:
        rows = [images, found.images, found.drawn] + ([] if near is None else [near[1]])
        rows += [] if found.guessed is None else [found.guessed]
        write_png(folder / "reconstructions.png", sheet([list(row[:SHOWN]) for row in rows]))
    records = [
        {
            "image": name,
            "error": found.error[i].item(),
            "random": found.drawn_error[i].item(),
            "real": None if near is None else near[0][i].item(),
            "encoder": None if found.guessed_error is None else found.guessed_error[i].item(),
            "length": found.codes[i].norm().item(),
            "class": None if found.labels is None else int(found.labels[i]),
        }
        for i, name in enumerate(names)
    ]
    write_json(folder / "result.json", {"kind": "invert", "images": records, "machine": machine()})


def _mean(values: Tensor) -> str:
    return f"{values.mean().item():.4f}"
