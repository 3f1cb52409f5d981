"""Three pictures in three channels, one of a thousand modes, named by channel."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.modes import kl_floor, mode_figures
from sparring.modes.problems import stacked
from sparring.modes.problems._digits import Digits
from sparring.modes.problems.stacked import Channels, Stacked


class Brightest(torch.nn.Module):
    """Names a picture by the tenth of its rows that is brightest."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the brightness of ten rows."""
        return x[:, 0, :10, 0]


def test_the_mode_is_read_from_the_channels_in_their_order() -> None:
    x = torch.zeros(2, 3, 28, 28)
    for channel, row in enumerate((7, 0, 3)):
        x[0, channel, row] = 1
    x[1, :, 9] = 1
    placed = Channels(Digits(Brightest(), 1.0))(x)
    assert placed.mode.tolist() == [703, 999]
    assert placed.distance is None
    with pytest.raises(InputError, match=r"expected samples \(n, 3, 28, 28\)"):
        Channels(Digits(Brightest(), 1.0))(x[:, :1])


@pytest.fixture
def _levels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of a class k are all of level 20 k + 1 in the training part, and 20 k + 2 in the test part."""

    def load(text: str) -> Dataset:
        kinds = torch.arange(30) % 10
        level = 20 * kinds + {"mnist5k:train": 1, "mnist5k:test": 2}[text]
        return Dataset(level.to(torch.uint8)[:, None, None, None].expand(-1, 1, 28, 28), kinds)

    monkeypatch.setattr(stacked, "load_data", load)


def test_as_many_triples_as_published_and_a_judge_that_is_named() -> None:
    assert (Stacked.training, Stacked.samples, Stacked.judged_by) == (128_000, 26_000, "resnet")


@pytest.mark.usefixtures("_levels")
def test_triples_are_fresh_and_of_all_classes() -> None:
    problem = Stacked()
    one, modes = problem.draw(3000)
    other, _ = problem.draw(3000, 1)
    assert one.shape == (3000, 3, 28, 28)
    assert not torch.equal(one, other)
    assert problem.data(500).pixels.dtype == torch.uint8
    for place in (100, 10, 1):
        assert (torch.bincount(modes // place % 10, minlength=10) / 3000 - 0.1).abs().max() < 0.03
    assert len(modes.unique()) > 900


@pytest.mark.usefixtures("_levels")
def test_a_mode_names_the_pictures_in_its_channels() -> None:
    """Hundreds first. What is drawn is of the part that no classifier has seen, training data of the other (G40)."""
    x, modes = Stacked().draw(50)
    data = Stacked().data(50)
    for seen, named, part in ((255 * x, modes, 2), (data.pixels, data.labels, 1)):
        digits = named[:, None] // torch.tensor([100, 10, 1]) % 10
        assert torch.equal(seen[:, :, 5, 5].round().long(), 20 * digits + part)


@pytest.mark.slow
@pytest.mark.parametrize(("of", "right"), [("mnist5k", 0.98), ("fashion-mnist", 0.9)])
def test_the_truth_reaches_all_modes_with_a_divergence_near_its_floor(of: str, right: float, tmp_path: Path) -> None:
    """G32: real channels go the way of generated ones."""
    problem = Stacked(of=of)
    judge = problem.judge(tmp_path)
    assert isinstance(judge, Channels)
    assert judge.digits.accuracy > right
    x, modes = problem.draw(8000)
    placed = judge(x)
    assert float((placed.mode == modes).double().mean()) > right**3 - 0.02
    figures = mode_figures(placed, 1000)
    assert figures.captured > 990
    assert figures.kl < 1.5 * kl_floor(1000, 8000, tries=20)
