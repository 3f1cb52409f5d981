"""Pictures that look alike have nearly the same hash; others do not."""

from __future__ import annotations

import pytest
import torch
from scipy.fft import dctn

from sparring.data import load_data
from sparring.metrics import perceptual_hash
from sparring.metrics._hash import close_to_any, cosines


def differ(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a != b).sum(1)


def test_the_transform_is_scipys() -> None:
    x = torch.rand(32, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.allclose(cosines(32) @ x @ cosines(32).T, torch.from_numpy(dctn(x.numpy(), norm="ortho")), atol=1e-12)


@pytest.fixture(scope="module")
def photographs() -> torch.Tensor:
    data = pytest.importorskip("skimage.data")
    cat = torch.from_numpy(data.chelsea()).permute(2, 0, 1)
    return torch.stack([cat[:, y : y + 128, x : x + 128] for y in (0, 80, 160) for x in (0, 100, 200, 300)])


def test_what_a_person_does_not_see_changes_few_bits(photographs: torch.Tensor) -> None:
    """Noise, brightness, contrast and half the size: at most 6 of 64 bits, where different pictures are 15 apart."""
    plain = perceptual_hash(photographs)
    x = photographs.float() / 255
    noisy = (x + 0.02 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    assert int(differ(plain, perceptual_hash(noisy)).max()) <= 6
    assert int(differ(plain, perceptual_hash(0.7 * x + 0.1)).max()) == 0
    assert int(differ(plain, perceptual_hash(x[:, :, ::2, ::2])).max()) <= 6
    apart = torch.stack([differ(plain[i : i + 1], plain[j : j + 1]) for i in range(12) for j in range(i)])
    assert int(apart.min()) >= 10
    assert float(apart.double().median()) >= 20


def test_gray_and_its_three_channels_are_one_picture() -> None:
    x = load_data("digits:test").pixels[:20]
    assert torch.equal(perceptual_hash(x), perceptual_hash(x.expand(-1, 3, -1, -1)))


def test_close_counts_bits_and_never_itself() -> None:
    bits = torch.zeros(3, 64, dtype=torch.bool)
    bits[1, :2] = True
    bits[2] = True
    assert close_to_any(bits, None, 2).tolist() == [True, True, False]
    assert close_to_any(bits, None, 1).tolist() == [False] * 3
    assert close_to_any(bits, bits[2:], 0).tolist() == [False, False, True]
    many = (torch.arange(2500)[:, None] >> torch.arange(64) % 12 & 1).bool()
    assert not close_to_any(many, None, 0).any(), "blocks leave themselves out too"
