"""Images through a network: rounding, batches, and a cache that knows content and not names."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from sparring.data import load_data
from sparring.errors import InputError
from sparring.metrics import Seen, frechet_distance
from sparring.metrics.features import Extractor, features_unit, levels_of, see
from sparring.metrics.fid import Fid

DIGITS = load_data("digits:test")


def test_every_level_comes_back() -> None:
    """G2: k/255 in float32 and float64 gives k, which truncation would miss."""
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    for dtype in (torch.float32, torch.float64):
        assert torch.equal(levels_of(levels.to(dtype) / 255), levels)
    assert levels_of(torch.tensor([[0.9999, 0.0019]])).tolist() == [[255, 0]]
    assert levels_of(levels) is levels
    truncated = ((levels.float() / 255) * 255).to(torch.uint8)
    assert not torch.equal(truncated, levels) or float(levels[0, 0, 0, 1]) == 1


def test_pixels_out_of_range_are_refused() -> None:
    for bad in (torch.tensor([[-0.1]]), torch.tensor([[1.1]]), torch.tensor([[float("nan")]])):
        with pytest.raises(InputError, match=r"\[0, 1\]"):
            levels_of(bad)
    with pytest.raises(InputError, match="uint8"):
        levels_of(torch.zeros(1, 1, dtype=torch.int64))


def test_figures_do_not_depend_on_the_batch_or_the_order() -> None:
    """G7: FID through a trained net, in batches of 1 to all and shuffled, is the same to 1e-6."""
    network = features_unit("classifier(epochs=1)").load(DIGITS.shape, DIGITS)
    real = see(DIGITS.pixels[:150], network)
    values = []
    for size in (1, 37, 209):
        rows = DIGITS.pixels[150:][torch.randperm(209)]
        values.append(Fid()(see(rows, network, batch_size=size), real)[0].value)
    assert values == pytest.approx([values[0]] * 3, rel=1e-6, abs=1e-6)


class Counting:
    """Features that count how often they were asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        self.asked += len(images)
        return images.flatten(1).float(), images.flatten(1).float()[:, :3] / 50


def network(look: Counting, checksum: str = "a", resize: str = "none") -> Extractor:
    return Extractor("counting", look, checksum, resize)


def test_the_cache_knows_content_and_not_names(tmp_path: Path) -> None:
    """G8: the same pixels are looked at once; changed pixels, other weights or another resize anew."""
    look = Counting()
    x = levels_of(DIGITS.pixels[:10])
    first = see(x, network(look), cache=tmp_path)
    assert look.asked == 10
    told: list[int] = []
    again = see(x.clone(), network(look), cache=tmp_path, progress=told.append)
    assert look.asked == 10
    assert sum(told) == 10
    assert torch.equal(again.features, first.features)
    assert again.probabilities is not None
    assert first.probabilities is not None
    assert torch.equal(again.probabilities, first.probabilities)
    changed = x.clone()
    changed[3, 0, 2, 2] ^= 1
    assert not torch.equal(see(changed, network(look), cache=tmp_path).features, first.features)
    assert look.asked == 20
    see(x, network(look, checksum="b"), cache=tmp_path)
    see(x, network(look, resize="tf1"), cache=tmp_path)
    assert look.asked == 40
    see(x, network(look))
    assert look.asked == 50


def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path) -> None:
    look = Counting()
    x = levels_of(DIGITS.pixels[:4])
    whole = see(x, network(look), cache=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:50])
    assert torch.equal(see(x, network(look), cache=tmp_path).features, whole.features)
    assert look.asked == 8


def test_floats_and_their_levels_are_seen_alike() -> None:
    pixels = features_unit("pixels").load(DIGITS.shape)
    seen = see(DIGITS.pixels[:20], pixels)
    assert isinstance(seen, Seen)
    assert torch.equal(seen.features, see(levels_of(DIGITS.pixels[:20]), pixels).features)
    assert frechet_distance(seen.features, seen.features) < 1e-9
