"""The cache: by pixels, exact, and whole after a kill."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparring.errors import InputError
from sparring.victims.answers import Answers, keys_of

X = torch.rand(4, 1, 2, 2, generator=torch.Generator().manual_seed(0))


def test_a_key_is_of_the_pixels_their_form_and_who_is_asked() -> None:
    keys = keys_of(X, "a")
    assert keys == keys_of(X.clone(), "a")
    assert keys[1:3] == keys_of(X[1:3], "a")  # whatever the company
    least = torch.nextafter(X, torch.ones(()))
    others = [keys_of(X, "b"), keys_of(X.view(4, 4), "a"), keys_of(least, "a"), keys_of((X * 255).byte(), "a")]
    assert len({key for each in (keys, *others) for key in each}) == 20


def test_what_was_put_in_comes_out_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "answers.sqlite"
    values = torch.randn(4, 3, dtype=torch.float64).tolist()
    keys = keys_of(X, "a")
    Answers(path).put(keys, values)
    assert Answers(path).get([*keys, b"other"]) == dict(zip(keys, values, strict=True))
    assert Answers().get(keys) == {}


def test_answers_that_do_not_go_with_keys_are_not_kept() -> None:
    cache, keys = Answers(), keys_of(X, "a")
    with pytest.raises(ValueError):
        cache.put(keys, [[1.0]])
    assert cache.get(keys) == {}


def test_another_file_is_no_cache(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at" * 20)
    with pytest.raises(InputError, match=r"expected a cache of answers, or nothing, at .*notes\.txt, got "):
        Answers(path)
