"""The film of a game of one number: it changes nothing, and that of a run that was killed is the same."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from sparring.data import Dataset
from sparring.gan import recipe
from sparring.train import _film, train
from sparring.train._film import FILM, LAST, MOST, PICTURES, QUICK, SLOW, Film, Filmed, gif
from sparring.train._frames import palette

SMALL = "toy1d(nets=dense(latent=1, hidden=(8,)), batch_size=32)"
DATA = Dataset(torch.rand(200, 1, generator=torch.Generator().manual_seed(0)), name="numbers")


class Stopped(Exception):
    pass


def trained(out: Path | None = None, **options):
    return train(SMALL, DATA, **{"images": 160, "seed": 3, "out": out} | options)


def frames(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / PICTURES).glob("*.png"))}


def plain(records):
    return [{k: v for k, v in record.items() if k not in ("seconds", "time")} for record in records]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return trained(folder), folder


def test_a_run_leaves_a_picture_a_round_and_a_film_of_them(whole):
    """Five rounds, the beginning and what each gave; the images of an epoch of 200 come in batches of 33 or 34."""
    found, folder = whole
    names = list(frames(folder))
    assert len(names) == 6
    assert names[0] == f"{0:010d}.png"
    assert names[-1] == f"{found.result['images']:010d}.png"
    assert not (folder / "grids").exists()
    with Image.open(folder / FILM) as film:
        assert film.n_frames == 6


def test_drawing_changes_nothing(whole, monkeypatch, tmp_path: Path):
    """G25: weights, looks and losses are those of a run without a film."""
    found, _ = whole
    monkeypatch.setattr(importlib.import_module("sparring.train._train"), "Film", lambda *_: None)
    without = trained(tmp_path)
    assert not (tmp_path / PICTURES).exists()
    for one, two in zip(found.generator.parameters(), without.generator.parameters(), strict=True):
        assert torch.equal(one, two)
    for key in ("looks", "losses", "kept", "alarms"):
        assert plain(found.result[key]) == plain(without.result[key]), key
    assert found.result["figure"] == without.result["figure"]


def test_a_run_that_was_killed_ends_with_the_same_film(whole, tmp_path: Path):
    """G26: every picture and the film to the bit, though some moments were drawn twice."""
    found, folder = whole

    def stop(record):
        if (record["round"], record["event"]) == (3, "train"):
            raise Stopped

    with pytest.raises(Stopped):
        trained(tmp_path, progress=stop)
    assert 0 < len(frames(tmp_path)) < 6
    assert not (tmp_path / FILM).exists()
    cut = trained(tmp_path)
    for one, two in zip(found.generator.parameters(), cut.generator.parameters(), strict=True):
        assert torch.equal(one, two)
    assert frames(tmp_path) == frames(folder)
    assert (tmp_path / FILM).read_bytes() == (folder / FILM).read_bytes()


def test_without_a_folder_there_is_no_film_and_the_same_generator(whole):
    for one, two in zip(whole[0].generator.parameters(), trained().generator.parameters(), strict=True):
        assert torch.equal(one, two)


def test_pictures_have_no_film(tmp_path: Path):
    train("gan(nets=dense(hidden=(4,)), batch_size=32)", Dataset(torch.rand(50, 1, 4, 4)), images=64, out=tmp_path)
    assert not (tmp_path / PICTURES).exists()
    assert not (tmp_path / FILM).exists()


def moments(folder: Path, rounds: int):
    """Return a film and a table that says any round."""
    unit = recipe(SMALL)
    generator, discriminator = unit.build((1,))
    table = unit.table(unit.game(generator, discriminator))
    return Film(unit.loss, DATA, rounds, folder), table


def test_a_long_training_is_drawn_at_moments_in_equal_steps(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(_film, "curves", lambda loss, table, data: table.round)
    film, table = moments(tmp_path, 1600)
    film._frames = SimpleNamespace(png=lambda round_: str(round_).encode())
    for table.round in range(1601):
        table.images = 10 * table.round
        film.look(table)
    assert sorted(map(int, frames(tmp_path).values())) == list(range(0, 1601, 20))
    assert len(frames(tmp_path)) == MOST + 1


def test_what_was_gone_back_from_is_not_in_the_film(tmp_path: Path):
    film, table = moments(tmp_path, 4)
    for table.round in range(4):
        table.images = 10 * table.round
        film.look(table)
    table.round, table.images = 1, 10
    film.finish(table)
    assert list(frames(tmp_path)) == [f"{n:010d}.png" for n in (0, 10)]
    with Image.open(tmp_path / FILM) as picture:
        assert picture.n_frames == 2


def test_a_rule_that_is_filmed_is_played_as_it_is():
    rule = recipe("wgan").rule
    assert Filmed(rule, None).batches == rule.batches == 5
    told: list[str] = []
    film = SimpleNamespace(look=lambda table: told.append(f"look at {table}"))
    inner = SimpleNamespace(play=lambda table, game, batches: told.append(f"play {table} {game} {batches}"))
    Filmed(inner, film).play("t", "g", "b")
    assert told == ["look at t", "play t g b"]


def test_the_first_moments_are_shown_longer_and_the_last_stays(tmp_path: Path):
    paths = [tmp_path / f"{number:02d}.png" for number in range(15)]
    for number, path in enumerate(paths):
        picture = Image.new("RGB", (20, 10), "white")
        picture.putpixel((number, 3), (0, 0, 0))
        picture.quantize(palette=palette()).save(path)
    with Image.open(io.BytesIO(gif(paths))) as film:
        assert (film.size, film.n_frames, film.info["loop"]) == ((20, 10), 15, 0)
        shown = []
        for number in range(15):
            film.seek(number)
            shown.append(film.info["duration"])
            assert [film.convert("L").getpixel((x, 3)) for x in range(20)].index(0) == number
    assert shown == [SLOW] * 12 + [QUICK] * 2 + [LAST]
