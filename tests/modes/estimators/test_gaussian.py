"""Its samples have the data's mean and covariance."""

from __future__ import annotations

import torch

from sparring.data import Dataset
from sparring.modes.estimators.gaussian import Gaussian


def test_mean_and_covariance_come_back() -> None:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(4000, 2, generator=generator) * 0.05
    x = 0.5 + torch.stack([z[:, 0], 0.6 * z[:, 0] + 0.8 * z[:, 1]], 1)
    made = Gaussian().fit(Dataset(x))(40_000, 3)
    assert torch.allclose(made.mean(0), x.mean(0), atol=1e-3)
    assert torch.allclose(made.T.cov(), x.T.cov(), atol=5e-5)


def test_pictures_keep_their_shape_and_their_range() -> None:
    data = Dataset(torch.randint(0, 256, (30, 1, 4, 4), dtype=torch.uint8))
    made = Gaussian().fit(data)(7, 0)
    assert made.shape == (7, 1, 4, 4)
    assert 0 <= made.min().item() <= made.max().item() <= 1
