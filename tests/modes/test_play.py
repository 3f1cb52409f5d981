"""Seeds are trained as one where they can be, resumed to the bit, and looked at without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.gan import generate, recipe
from sparring.gan.nets import Generator
from sparring.modes._play import play_seeds

GAN = recipe("gan(nets=dense(latent=2, hidden=(8,)), batch_size=16)")


def points() -> Dataset:
    return Dataset(torch.rand(160, 2, generator=torch.Generator().manual_seed(1)))


class Stop(Exception):
    """A kill, in the midst."""


def test_a_killed_training_ends_with_the_same_generators(tmp_path: Path) -> None:
    """G26, of all seeds at once."""
    whole = play_seeds(GAN, points(), [0, 1], images=480, looks=5)

    def kill(images: int, nets: Sequence[Generator]) -> None:
        if images >= 288:
            raise Stop

    with pytest.raises(Stop):
        play_seeds(GAN, points(), [0, 1], images=480, looks=5, folder=tmp_path, look=kill)
    assert (tmp_path / "last.pt").exists()
    again = play_seeds(GAN, points(), [0, 1], images=480, looks=5, folder=tmp_path)
    for one, other in zip(whole.generators, again.generators, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_look_sees_all_seeds_and_changes_nothing() -> None:
    """G25."""
    seen: list[tuple[int, int]] = []

    def look(images: int, nets: Sequence[Generator]) -> None:
        torch.rand(3)
        generate(nets[0], 5)
        seen.append((images, len(nets)))

    looked = play_seeds(GAN, points(), [0, 4, 9], images=320, looks=4, look=look)
    alone = play_seeds(GAN, points(), [0, 4, 9], images=320, looks=4)
    assert seen == [(80, 3), (160, 3), (240, 3), (320, 3)]
    assert torch.equal(next(looked.generators[1].parameters()), next(alone.generators[1].parameters()))


def test_nets_that_cannot_be_stacked_are_trained_one_after_the_other() -> None:
    images = Dataset(torch.randint(0, 256, (64, 1, 8, 8), dtype=torch.uint8))
    played = play_seeds(recipe("dcgan(nets=dcgan(width=2), batch_size=16)"), images, [0, 1], images=32)
    assert not played.together
    one, other = (generate(net, 2) for net in played.generators)
    assert one.shape == (2, 1, 8, 8)
    assert not torch.equal(one, other)


def test_too_little_is_refused() -> None:
    for seeds, images, words in (([], 160, "expected seeds"), ([1, 1], 160, "each once"), ([0], 3, "one round of 16")):
        with pytest.raises(InputError, match=words):
            play_seeds(GAN, points(), seeds, images=images)
