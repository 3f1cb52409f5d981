"""Streamed moments are those of all rows at once, whatever the batches (G4, G7)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sparring.errors import InputError
from sparring.metrics import Moments

X = torch.randn(50, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3 + 7


@pytest.mark.parametrize("size", [1, 7, 50])
def test_any_batches_give_numpys_covariance(size: int) -> None:
    """G4: one degree of freedom is the mean's; G7: nothing depends on the batches."""
    seen = Moments()
    for batch in X.split(size):
        seen.update(batch)
    assert seen.n == 50
    assert np.allclose(seen.mean, X.numpy().mean(0), rtol=0, atol=1e-12)
    assert np.allclose(seen.covariance, np.cov(X.numpy(), rowvar=False), rtol=0, atol=1e-12)
    assert not np.allclose(seen.covariance, np.cov(X.numpy(), rowvar=False, ddof=0), rtol=0, atol=1e-3)


def test_merging_is_seeing_both() -> None:
    first, second = Moments().update(X[:13]), Moments().update(X[13:])
    both = Moments().merge(first).merge(second).merge(Moments())
    assert torch.allclose(both.covariance, Moments().update(X).covariance, rtol=0, atol=1e-12)
    assert first.n == 13, "what is merged stays as it was"
    first.update(X)
    assert both.n == 50


def test_float32_far_from_zero_is_summed_in_float64() -> None:
    """E[x²] − E[x]² in float32 would be all rounding here."""
    x = (X.float() - 7) / 1000 + 100
    assert torch.allclose(Moments().update(x).covariance, x.double().T.cov(), rtol=1e-9)


def test_what_has_no_moments_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2 samples"):
        _ = Moments().update(X[:1]).covariance
    with pytest.raises(InputError, match="finite"):
        Moments().update(torch.tensor([[float("nan")]]))
    with pytest.raises(InputError, match=r"\(n, d\)"):
        Moments().update(X[:0])
    with pytest.raises(InputError, match="8 columns as before, got 3"):
        Moments().update(X).update(X[:, :3])
