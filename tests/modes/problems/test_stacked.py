"""Three pictures in three channels, one of a thousand modes, named by channel."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparring.errors import InputError
from sparring.modes import kl_floor, mode_figures
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


def test_triples_are_fresh_and_of_all_classes() -> None:
    problem = Stacked()
    one, modes = problem.draw(3000)
    other, _ = problem.draw(3000, 1)
    data = problem.data(500)
    assert one.shape == (3000, 3, 28, 28)
    assert not torch.equal(one, other)
    assert data.pixels.dtype == torch.uint8
    for place in (100, 10, 1):
        assert (torch.bincount(modes // place % 10, minlength=10) / 3000 - 0.1).abs().max() < 0.03
    assert len(modes.unique()) > 900  # type: ignore[no-untyped-call]


@pytest.mark.slow
@pytest.mark.parametrize(("of", "right"), [("mnist5k", 0.97), ("fashion-mnist", 0.9)])
def test_the_truth_reaches_all_modes_with_a_divergence_near_its_floor(of: str, right: float, tmp_path: Path) -> None:
    """G32: real channels go the way of generated ones."""
    problem = Stacked(of=of)  # type: ignore[arg-type]
    judge = problem.judge(tmp_path)
    assert isinstance(judge, Channels)
    assert judge.digits.accuracy > right
    x, modes = problem.draw(8000)
    placed = judge(x)
    assert float((placed.mode == modes).double().mean()) > right**3 - 0.02
    figures = mode_figures(placed, 1000)
    assert figures.captured > 990
    assert figures.kl < 1.5 * kl_floor(1000, 8000, tries=20)
