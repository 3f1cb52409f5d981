"""DINOv2 by path: sizes are read from the weights, registers and gates included."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.metrics.features import see
from sparring.metrics.features._vit import Vit, vit_of
from sparring.metrics.features.dinov2 import Dinov2


def weights(folder: Path, *, registers: int = 0, gated: bool = False, places: int = 17) -> Path:
    torch.manual_seed(0)
    net = Vit(width=128, depth=2, patch=14, places=places, hidden=96, gated=gated, registers=registers)
    tensors = {name: 0.05 * torch.randn(value.shape) for name, value in net.state_dict().items()}
    tensors |= {"mask_token": torch.zeros(1, 128)}  # what was needed in training alone
    path = folder / "dinov2.pth"
    torch.save(tensors, path)
    return path


@pytest.mark.parametrize(("registers", "gated"), [(0, False), (4, False), (0, True)])
def test_sizes_are_read_from_the_file(registers: int, gated: bool, tmp_path: Path) -> None:
    path = weights(tmp_path, registers=registers, gated=gated)
    network = Dinov2(str(path), size=56).load((1, 28, 28))
    seen = see(torch.rand(3, 1, 28, 28), network, batch_size=2)
    assert seen.features.shape == (3, 128)
    assert seen.probabilities is None
    assert float(seen.features.std()) > 0
    assert network.resize == "bicubic-antialias 28x28 to 56x56, gray as RGB"
    assert vit_of(torch.load(path, weights_only=True)).registers == registers


def test_a_larger_grid_stretches_the_places(tmp_path: Path) -> None:
    path = weights(tmp_path)
    same, larger = (Dinov2(str(path), size=size).load((3, 56, 56)) for size in (56, 112))
    x = torch.rand(2, 3, 56, 56)
    assert see(x, larger).features.shape == (2, 128)
    assert not torch.allclose(see(x, same).features, see(x, larger).features, atol=1e-3)


def test_attention_is_the_formula(tmp_path: Path) -> None:
    """softmax(q kᵀ / √64) v over two heads, by hand."""
    net = vit_of(torch.load(weights(tmp_path), weights_only=True))
    block = net.blocks[0].attn
    x = torch.randn(1, 5, 128)
    q, k, v = block.qkv(x).view(5, 3, 2, 64).permute(1, 2, 0, 3)
    heads = [F.softmax(q[h] @ k[h].T / 8, 1) @ v[h] for h in range(2)]
    assert torch.allclose(block.proj(torch.cat(heads, 1)), block(x)[0], atol=1e-5)


def test_a_size_between_patches_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="multiple of 14"):
        Dinov2(str(weights(tmp_path)), size=50).load((3, 32, 32))
    with pytest.raises(InputError, match="size >= 1"):
        Dinov2(size=0)
