"""The probe where the answer is known, and on digits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from sparring.audit.statistics import wilson
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.probe import probe
from sparring.probe._probe import _row


def test_what_a_line_divides_is_found_and_what_is_not_there_is_not() -> None:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(600, 5, generator=draw)
    y = (x[:, 0] + 2 * x[:, 1] > 0).long()
    row = _row("x", 100 + 1e-3 * x[:400], y[:400], 100 + 1e-3 * x[400:], y[400:], 0)
    assert row.accuracy > 0.97, "whatever the scale and the shift"
    right = round(200 * row.accuracy)
    assert row.interval == wilson(right, 200)
    noise = torch.randint(0, 2, (600,), generator=draw)
    low, high = _row("x", x[:400], noise[:400], x[400:], noise[400:], 0).interval
    assert low < 0.5 < high
    constant = _row("x", torch.ones(400, 3), y[:400], torch.ones(200, 3), y[400:], 0)
    assert constant.accuracy == max((y[400:] == 0).double().mean(), (y[400:] == 1).double().mean())


def test_rows_of_digits(gan_run: Path, tmp_path: Path) -> None:
    told: list[str] = []
    found = probe(gan_run, "digits:train", "digits:test", n=600, out=tmp_path, progress=told.append)
    assert told == ["discriminator", "untrained", "pixels"] == [row.name for row in found.rows]
    assert found["pixels"].width == 64
    assert found["pixels"].accuracy > 0.9
    assert found["discriminator"].width == found["untrained"].width == 32
    assert found["discriminator"].accuracy > 0.5
    assert found["discriminator"] != found["untrained"]
    written = json.loads((tmp_path / "result.json").read_text())
    assert written["spec"]["n"] == 600
    assert written["spec"]["n_test"] == len(load_data("digits:test"))
    assert [row["accuracy"] for row in written["rows"]] == [row.accuracy for row in found.rows]


def test_the_untrained_one_is_that_of_the_first_round(gan_run: Path) -> None:
    from sparring.gan import Gan
    from sparring.probe._probe import _before
    from sparring.registry import parse_as
    from sparring.train import load_discriminator

    spec = json.loads((gan_run / "spec.json").read_text())
    begun = parse_as(Gan, spec["gan"]).build(tuple(spec["shape"]), seed=spec["seed"])[1]
    found = _before(spec, load_discriminator(gan_run))
    assert all(torch.equal(a, b) for a, b in zip(begun.state_dict().values(), found.state_dict().values(), strict=True))


def test_bad_input_is_refused(gan_run: Path) -> None:
    digits = load_data("digits:train")
    with pytest.raises(InputError, match="got digits:train twice"):
        probe(gan_run, digits, "digits:train")
    with pytest.raises(InputError, match="expected labels in data"):
        probe(gan_run, Dataset(digits.pixels), "digits:test")
    with pytest.raises(InputError, match="at least 10 images"):
        probe(gan_run, digits, "digits:test", n=5)
    names = tuple("abcdefghij")
    with pytest.raises(InputError, match="the same classes"):
        probe(gan_run, digits, Dataset(digits.pixels[:50], digits.labels[:50], names))
