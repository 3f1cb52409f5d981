"""FD∞: the bias of n is gone, and the seed decides (G6)."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics import Seen, frechet_distance
from sparring.metrics.fid_infinity import FidInfinity
from sparring.registry import parse

G = torch.Generator().manual_seed(0)


def test_the_limit_is_nearer_to_the_truth_than_any_part() -> None:
    """G6: N(0.3, I₁₆) against a huge N(0, I₁₆): 1.44, which 300 samples overstate by 0.3."""
    x, y = torch.randn(300, 16, generator=G) + 0.3, torch.randn(20_000, 16, generator=G)
    (figure,) = FidInfinity()(Seen(x), Seen(y))
    plain = frechet_distance(x, y)
    assert plain > 1.44 + 0.15
    assert abs(figure.value - 1.44) < 0.5 * (plain - 1.44)
    assert figure.details["fid"][-1] == pytest.approx(plain, rel=1e-9)
    assert figure.details["sizes"][0] == 75
    assert figure.details["sizes"][-1] == 300


def test_the_seed_decides() -> None:
    x, y = Seen(torch.randn(100, 4, generator=G)), Seen(torch.randn(100, 4, generator=G))
    assert FidInfinity()(x, y, seed=1) == FidInfinity()(x, y, seed=1)
    assert FidInfinity()(x, y, seed=1)[0].value != FidInfinity()(x, y, seed=2)[0].value


def test_too_little_for_a_line_is_refused() -> None:
    with pytest.raises(InputError, match="points >= 3"):
        parse("fid_infinity(points=2)")
    with pytest.raises(InputError, match="at least 8 samples"):
        FidInfinity()(Seen(torch.zeros(7, 1)), Seen(torch.zeros(9, 1)))
