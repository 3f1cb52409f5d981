"""The scorecard on a trained net: ours is first, or within 0.002 of the first, in every norm."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

from sparring.bench._scorecard import scorecard
from sparring.bench._scorecard_table import TIE, scorecard_table
from sparring.bench.problems import Ready

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
def test_first_or_tied_first(robust_net: tuple[nn.Module, Tensor, Tensor], norm: str) -> None:
    net, x, y = robust_net
    card = scorecard(Ready(net, x[:8], y[:8], 10), names=["nearest"], norms=[norm])
    print(scorecard_table(card, "robust mnist", 8))
    figures = {(score.by, score.attack): score.optimality for score in card.scores if score.optimality is not None}
    assert len({by for by, _ in figures}) > 1, "no peer is installed"
    ours = max(figure for (by, _), figure in figures.items() if by == "sparring")
    assert ours >= max(figures.values()) - TIE
