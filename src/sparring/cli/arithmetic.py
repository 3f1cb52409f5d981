"""`sparring arithmetic`: A − B + C on codes, and the picture that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from sparring.cli import _options as opt
from sparring.cli._app import app
from sparring.data import Dataset, load_data, write_png
from sparring.errors import InputError
from sparring.gan import Generator, generate
from sparring.latent import arithmetic as add_up
from sparring.latent import class_codes, invert, neighbors, sheet
from sparring.latent._inputs import images_for, label_of, trained_on
from sparring.latent._sheet import Tile
from sparring.models import LoadedModel, load_model
from sparring.train import load_generator

EXAMPLES = 3
"""Images of each term that are shown."""


@dataclass(frozen=True, eq=False)
class _Term:
    """A term: its codes (k, latent), images of its own, and the classes of the codes, where there are some."""

    sign: str
    name: str
    codes: Tensor
    images: Tensor
    labels: Tensor | None


@app.command()
def arithmetic(
    run: Annotated[Path, typer.Argument(help="The directory of a training.")],
    plus: Annotated[
        list[str], typer.Option("--plus", help="A.png, 'A.png,B.png', FOLDER, or the name or number of a class.")
    ],
    minus: Annotated[list[str] | None, typer.Option("--minus", help="The same, taken away.")] = None,
    data: Annotated[
        str | None, typer.Option("--data", help="Labelled images for classes; by default the training's own.")
    ] = None,
    classifier: Annotated[
        str | None, typer.Option("--classifier", help="Name samples by this model, in place of inverting images.")
    ] = None,
    n: Annotated[int, typer.Option("--n", help="Images of a class or folder, at most.")] = 16,
    prior: Annotated[float, typer.Option("--prior", help="Weight of the mean square of a code.")] = 0.002,
    scale: Annotated[float, typer.Option("--noise", help="How far the neighbors are.")] = 0.25,
    out: Annotated[Path, typer.Option("--out", help="FILE.png.")] = Path("arithmetic.png"),
    seed: opt.Seed = 0,
) -> int:
    """Add and take away what images have in common: one column a term, its mean below, then the sum among neighbors.

    A term's images are inverted and their codes averaged.
    """
    if out.suffix != ".png":
        raise InputError(f"expected --out FILE.png, got {out}")
    if n < 1:
        raise InputError(f"expected --n of at least 1, got {n}")
    generator = load_generator(run)
    find = _Finder(generator, run, data, classifier, n, prior, seed)
    asked = [("+", plus[0]), *(("-", text) for text in minus or []), *(("+", text) for text in plus[1:])]
    terms = [find(sign, text) for sign, text in asked]  # the command line has lost their order: as A - B + C
    code = add_up([t.codes for t in terms if t.sign == "+"], [t.codes for t in terms if t.sign == "-"])
    label = None if terms[0].labels is None else int(terms[0].labels.mode().values)
    around = neighbors(code, 8, scale, seed)
    block = _make(generator, torch.cat([around[:4], code[None], around[4:]]), label)
    write_png(out, _sheet(generator, terms, block))
    print(" ".join(f"{t.sign} {t.name} ({len(t.codes)})" for t in terms).removeprefix("+ "))
    lengths = ", ".join(f"{t.name} {t.codes.mean(0).norm().item():.1f}" for t in terms)
    print(
        f"lengths of means: {lengths}; of the sum {code.norm().item():.1f}; of random codes {generator.latent**0.5:.1f}"
    )
    print(f"the sum in the middle of its neighbors: {out}")
    return 0


class _Finder:
    """Finds the codes of a term; data and classifier are loaded when the first class is asked for."""

    def __init__(
        self, generator: Generator, run: Path, data: str | None, model: str | None, n: int, prior: float, seed: int
    ) -> None:
        self.generator, self.run, self.n, self.prior, self.seed = generator, run, n, prior, seed
        self._data_text, self._model_text = data, model
        self._data: Dataset | None = None
        self._model: LoadedModel | None = None

    def __call__(self, sign: str, text: str) -> _Term:
        """Return a term by its text."""
        paths = [each.strip() for each in text.split(",")]
        if all(Path(each).exists() for each in paths):
            return self._inverted(sign, text, torch.cat([self._images(each) for each in paths]))
        if any(Path(each).suffix for each in paths):
            missing = next(each for each in paths if not Path(each).exists())
            raise InputError(f"expected a picture or a class, got {missing!r}: nothing is there")
        if self._model_text is not None:
            return self._named(sign, text, self._model_text)
        data = self._labelled()
        label = label_of(text, data.classes)
        rows = (data.labels == label).nonzero()[:, 0] if data.labels is not None else torch.zeros(0)
        if not len(rows):
            raise InputError(f"expected images of the class {text!r} in {data.name}, got none")
        chosen = data.part(rows, data.name)
        return self._inverted(sign, data.classes[label], chosen.images(chosen.subset(self.n, self.seed)))

    def _images(self, text: str) -> Tensor:
        return images_for(self.generator, text, self.n, self.seed).images()

    def _inverted(self, sign: str, name: str, images: Tensor) -> _Term:
        found = invert(self.generator, images, prior=self.prior, seed=self.seed)
        return _Term(sign, name, found.codes, images, found.labels)

    def _named(self, sign: str, text: str, model_text: str) -> _Term:
        if self._model is None:
            known = None if self._data_text is None else load_data(self._data_text).classes
            self._model = load_model(model_text, input_shape=self.generator.shape, classes=known)
        names = self._model.classes or tuple(map(str, range(self._model.num_classes or 0)))
        label = label_of(text, names) if names else int(text) if text.isdecimal() else label_of(text, ("0",))
        found = class_codes(self.generator, self._model, label, seed=self.seed)
        shown = generate(self.generator, min(EXAMPLES, len(found)), z=found[:EXAMPLES])
        return _Term(sign, names[label] if names else text, found, shown, None)

    def _labelled(self) -> Dataset:
        if self._data is None:
            found = trained_on(self.run) if self._data_text is None else images_for(self.generator, self._data_text)
            if found is None or found.labels is None:
                raise InputError(
                    "expected labelled images to find codes of a class, got none: give --data, --classifier or pictures"
                )
            self._data = found
        return self._data


def _make(generator: Generator, z: Tensor, label: int | None) -> Tensor:
    return generate(generator, len(z), z=z, labels=None if label is None else torch.full((len(z),), label))


def _sheet(generator: Generator, terms: list[_Term], block: Tensor) -> Tensor:
    rows: list[list[Tile]] = [[] for _ in range(EXAMPLES + 1)]
    for term in terms:
        label = None if term.labels is None else int(term.labels.mode().values)
        mean = _make(generator, term.codes.mean(0)[None], label)[0]
        own: list[Tile] = [*term.images[:EXAMPLES], *[None] * EXAMPLES]
        for place, tile in enumerate([*own[:EXAMPLES], mean]):
            rows[place] += [term.sign if place == EXAMPLES else None, tile]
    for place in range(3):
        rows[place] += ["=" if place == 1 else None, *block[3 * place : 3 * place + 3]]
    return sheet(rows)
