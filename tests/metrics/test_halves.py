"""Choose by one half, report on the other (G40)."""

from __future__ import annotations

import pytest
import torch

from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.metrics import frechet_distance, halves


def test_halves_are_disjoint_complete_and_repeatable() -> None:
    data = load_data("digits:test")
    select, report = halves(data, seed=3)
    assert (len(select), len(report)) == (180, 179)
    again = halves(load_data("digits:test"), seed=3)
    assert select.checksum == again.select.checksum
    assert select.checksum != halves(data, seed=4).select.checksum
    rows = {row.numpy().tobytes() for row in select.pixels} | {row.numpy().tobytes() for row in report.pixels}
    assert rows == {row.numpy().tobytes() for row in data.pixels}
    assert len(select.labels.unique()) == len(report.labels.unique()) == 10
    assert select.name == "digits:test, select half"


def test_the_best_on_one_half_looks_better_there_than_it_is() -> None:
    """G40: of 40 equally good sets, that with the best figure on the half it was chosen by is worse on the other."""
    g = torch.Generator().manual_seed(0)
    real = Dataset(torch.rand(120, 6, generator=g))
    select, report = halves(real)
    sets = [torch.rand(30, 6, generator=g) for _ in range(40)]
    chosen = [frechet_distance(one, select.pixels) for one in sets]
    told = [frechet_distance(one, report.pixels) for one in sets]
    best = chosen.index(min(chosen))
    assert chosen[best] < sum(chosen) / 40 * 0.8
    assert told[best] > chosen[best] * 1.1


def test_one_sample_has_no_halves() -> None:
    with pytest.raises(InputError, match="at least 2"):
        halves(Dataset(torch.zeros(1, 2)))
