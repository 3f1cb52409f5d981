"""Every resize convention is another picture, and goes by its own name (G1)."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.metrics.features import resized
from sparring.metrics.features._resize import colored, named

RAMP = torch.arange(4.0).view(1, 1, 1, 4)


def test_tensorflow_1_reads_at_corners() -> None:
    """G1: output i of 8 reads at i/2, the last pixel repeated; half-pixel centers would read at i/2 − 1/4."""
    assert resized(RAMP, (1, 8), "tf1").flatten().tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3]
    assert resized(RAMP, (1, 8), "bilinear").flatten().tolist() == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]


def test_tensorflow_1_does_not_antialias() -> None:
    """G1: every other pixel of a checkerboard is all of it, where antialiasing gives gray."""
    board = (torch.arange(16)[:, None] + torch.arange(16)).remainder(2).float().view(1, 1, 16, 16)
    assert resized(board, (8, 8), "tf1").unique().tolist() == [0]
    assert float((resized(board, (8, 8), "bilinear") - 0.5).abs().max()) < 0.13


@pytest.mark.parametrize("how", ["tf1", "bilinear", "bicubic"])
def test_what_holds_for_all(how: str) -> None:
    x = torch.rand(2, 3, 13, 7, generator=torch.Generator().manual_seed(0))
    assert resized(x, (13, 7), how) is x  # type: ignore[arg-type]
    for size in ((26, 14), (5, 3), (1, 1), (13, 20)):
        out = resized(x, size, how)  # type: ignore[arg-type]
        assert out.shape == (2, 3, *size)
        assert float(out.min()) >= float(x.min())
        assert float(out.max()) <= float(x.max())
    flat = torch.full((1, 1, 5, 5), 0.3)
    assert torch.allclose(resized(flat, (9, 2), how), torch.tensor(0.3))  # type: ignore[arg-type]


def test_conventions_differ_by_whole_levels() -> None:
    """G1: why the convention is part of the fingerprint."""
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 255
    tf1, bilinear, bicubic = (resized(x, (299, 299), how) for how in ("tf1", "bilinear", "bicubic"))  # type: ignore[arg-type]
    assert float((tf1 - bilinear).abs().mean()) > 5
    assert float((bicubic - bilinear).abs().mean()) > 5


def test_colors() -> None:
    x = torch.rand(2, 3, 4, 4)
    assert torch.equal(colored(x[:, :1], 3)[:, 2], x[:, 0])
    assert torch.allclose(colored(x, 1)[:, 0], 0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2])
    assert colored(x, 3) is x
    with pytest.raises(InputError, match="1 or 3 channels"):
        colored(torch.zeros(1, 2, 4, 4), 3)


def test_names_say_what_is_done() -> None:
    assert named("tf1", (3, 32, 32), (299, 299), 3) == "tf1-bilinear 32x32 to 299x299"
    assert named("bicubic", (1, 25, 30), (224, 224), 3) == "bicubic-antialias 25x30 to 224x224, gray as RGB"
    assert named("bilinear", (3, 8, 8), (8, 8), 1) == "RGB as gray"
    assert named("bilinear", (1, 28, 28), (28, 28), 1) == "none"


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(n, c, h, w\)"):
        resized(torch.zeros(2, 3), (4, 4), "tf1")
    with pytest.raises(InputError, match="bilinear, bicubic or tf1"):
        resized(RAMP, (4, 4), "nearest")  # type: ignore[arg-type]
