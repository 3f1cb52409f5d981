"""Samples beside truth, memorizer and noise: disjoint halves, one fingerprint, and copies that are told."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.evaluate import Evaluation, evaluate
from sparring.evaluate._sets import gather
from sparring.metrics import difference
from sparring.metrics.features import features_unit

DIGITS = load_data("digits")
ROWS = ["samples", "truth", "memorizer", "noise"]


@pytest.fixture(scope="module")
def copier() -> Evaluation:
    """A generator that shows what it was trained on, judged against digits that were held out."""
    train, held = load_data("digits:train"), load_data("digits:test")
    drawn = train.pixels[torch.randint(0, len(train), (200,), generator=torch.Generator().manual_seed(0))]
    return evaluate(drawn, held, features=["pixels", "classifier(epochs=2)"], train=train, n=150)


def test_every_table_has_its_rows_and_one_fingerprint(copier: Evaluation) -> None:
    assert [table.features for table in copier.tables] == ["pixels", "classifier", "phash"]
    for table in copier.tables:
        assert [row.name for row in table.rows] == ROWS
        prints = {figure.fingerprint for row in table.rows for figure in row.figures}
        assert len(prints) == 1
        (mark,) = prints
        assert mark is not None
        assert (mark.features, mark.n, mark.reference, mark.seed) == (table.features, 150, 150, 0)
        assert mark.split == "report half of digits:test"
        difference(table["samples"].figures[0], table["noise"].figures[0])
    assert copier["fid[classifier]"].label == "fid[classifier]"
    with pytest.raises(InputError, match="fingerprint"):
        difference(copier["fid[pixels]"], dataclasses.replace(copier["fid[classifier]"], name="fid"))


def test_a_copier_of_training_data_is_told(copier: Evaluation) -> None:
    """E8, G40: it looks as good as real images to FID, and is told by authenticity, neighbors and hashes."""
    for features in ("pixels", "classifier"):
        table = next(table for table in copier.tables if table.features == features)
        samples, truth, memorizer, noise = (table[row] for row in ROWS)
        assert samples["fid"].value < 0.2 * noise["fid"].value
        assert samples["fid"].value < 2 * truth["fid"].value
        assert samples["authenticity"].value < 0.02 + truth["authenticity"].value / 4
        assert memorizer["authenticity"].value == 0
        assert (samples["authenticity"].reference) < 600, "all 1,438 were not looked at"
        assert truth["authenticity"].value > 0.25
        assert memorizer["neighbors"].value == 0
        assert noise["coverage"].value < truth["coverage"].value / 2
    hashes = copier.tables[-1]
    assert [hashes[row]["copies"].value for row in ("samples", "memorizer")] == [1, 1]
    assert hashes["truth"]["copies"].value < 0.05


def test_pairs_are_what_was_nearest(copier: Evaluation) -> None:
    for sample, image, distance in copier.pairs:
        assert distance == 0
        assert torch.equal(sample, image)
    assert len(copier.pairs) == 12


def test_real_samples_are_as_good_as_the_truth_and_noise_as_noise() -> None:
    found = evaluate(DIGITS.pixels[1::2], DIGITS, features="pixels", metrics=["fid", "precision_recall"], n=300)
    table = found.tables[0]
    assert table["samples"]["fid"].value < 1.3 * table["truth"]["fid"].value
    assert table["truth"]["precision"].value > 0.85
    found = evaluate(torch.rand(300, 1, 8, 8), DIGITS, features="pixels", metrics=["fid"], n=300)
    assert found["fid"].value == pytest.approx(found.tables[0]["noise"]["fid"].value, rel=0.1)


def test_no_image_serves_two_ends() -> None:
    """G40: what is compared with, the truth, and what a classifier learns from are disjoint."""
    numbered = Dataset(torch.arange(200, dtype=torch.uint8)[:, None].repeat(1, 4), torch.arange(200) % 2)
    networks = [features_unit("classifier")]
    for half in ("report", "select"):
        sets = gather(
            torch.zeros(100, 4, dtype=torch.uint8), numbered, None, networks,
            n=1000, half=half, seed=0, size=None, channels=None,  # type: ignore[arg-type]
        )  # fmt: skip
        assert sets.learn is not None
        parts = [set(part[:, 0].tolist()) for part in (sets.real, sets.truth, sets.learn.pixels)]
        assert [len(part) for part in parts] == [100, 50, 50]
        assert len(set.union(*parts)) == 200
    select, report = (
        evaluate(numbered.pixels[:50], numbered, features="pixels", metrics=["fid"], half=half).result["tables"]
        for half in ("select", "report")
    )
    assert select[0]["rows"][0]["figures"][0]["value"] != report[0]["rows"][0]["figures"][0]["value"]


def test_the_truth_is_no_copy_of_itself() -> None:
    """Trained on all of the data, real images from it are among the training images, and must not count as copies."""
    found = evaluate(
        DIGITS.pixels[:100], DIGITS, features="pixels", metrics=["authenticity", "duplicates"], train=DIGITS, n=100
    )
    assert found.tables[0]["truth"]["authenticity"].value > 0.25
    assert found.tables[1]["truth"]["copies"].value < 0.1
    assert found.tables[1]["samples"]["copies"].value == 1
    assert "are training images" in found.result["notes"][0]


def test_a_run_knows_what_it_was_trained_on(run: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    found = evaluate(
        run, "digits:test", features="pixels", metrics=["fid", "authenticity"], n=60, out=tmp_path / "ev",
        progress=lambda *at: told.append(at),
    )  # fmt: skip
    assert found.result["spec"]["train"] == "digits:train"
    looked = found["authenticity"].reference
    assert 60 < looked <= 180, "60 at random, and the nearest to each sample and each real image"
    assert told[-1] == ("pixels", 240 + looked, 240 + looked)
    assert json.loads((tmp_path / "ev" / "result.json").read_text()) == json.loads(json.dumps(found.result))
    again = evaluate(run, "digits:test", features="pixels", metrics=["fid", "authenticity"], n=60, batch_size=7)
    assert again["fid"].value == pytest.approx(found["fid"].value, rel=1e-9)
    other = evaluate(run, "digits:test", features="pixels", metrics=["fid"], n=60, seed=1)
    with pytest.raises(InputError, match="seed"):
        difference(found["fid"], other["fid"])


def test_only_real_images_are_cached(tmp_path: Path) -> None:
    samples = DIGITS.pixels[:60]
    evaluate(samples, DIGITS, features="pixels", metrics=["fid"], n=60, cache=tmp_path)
    before = sorted(tmp_path.iterdir())
    assert len(before) == 3, "real, truth and noise; what a checkpoint makes is never asked for again"
    evaluate(samples.flip(3), DIGITS, features="pixels", metrics=["fid"], n=60, cache=tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(InputError, match="at least 20 samples"):
        evaluate(DIGITS.pixels[:5], DIGITS, features="pixels")
    with pytest.raises(InputError, match="at least one metric"):
        evaluate(DIGITS.pixels, DIGITS, features="pixels", metrics=[])
    with pytest.raises(InputError, match="without classes"):
        evaluate(DIGITS.pixels, DIGITS, features="pixels", metrics=["inception_score"])
    with pytest.raises(InputError, match="report or select"):
        evaluate(DIGITS.pixels, DIGITS, features="pixels", half="test")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="training images of shape"):
        evaluate(DIGITS.pixels, DIGITS, features="pixels", train=Dataset(torch.zeros(50, 1, 9, 9)))
    with pytest.raises(InputError, match="did you mean 'fid'"):
        evaluate(DIGITS.pixels, DIGITS, features="pixels", metrics=["fdi"])
