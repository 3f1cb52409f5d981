"""What every unit of inference keeps: it builds its nets under the seed, and says what it cannot be used with."""

from __future__ import annotations

import pytest
import torch

from sparring.errors import InputError
from sparring.gan import recipe
from sparring.gan.inference import encoder_of
from sparring.gan.inference.base import check_numbers
from sparring.registry import parse, units


@pytest.mark.parametrize("name", sorted(units("inference")))
def test_every_unit_plays_with_every_family(play, small, name):
    """A round each; figures are finite."""
    for nets in ("dense(latent=12, hidden=(8,))", "r3(latent=12, width=4)"):
        text = f"dcgan(nets={nets}, batch_size=8, inference={name}())"
        table = play(text, small())
        table.round(recipe(text).rule)
        assert all(torch.tensor(value).isfinite() for value in table.table.told().values())
        found = encoder_of(table.generator)
        assert found is None or found(torch.rand(3, 1, 8, 8)).shape == (3, 12)


def test_numbers_out_of_range_are_refused():
    with pytest.raises(InputError, match="width of ali >= 1, got 0"):
        check_numbers(parse("ali"), width=0)
    with pytest.raises(InputError, match="share of ali > 0, got nan"):
        check_numbers(parse("ali"), share=float("nan"))
