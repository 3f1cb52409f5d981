"""Templates and paths."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.errors import InputError
from sparring.victims.messages import as_sent, encoded, fill, places, reach, read, steps_of

RGB = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))


def test_a_list_holds_the_float32_values_to_the_bit() -> None:
    assert torch.equal(torch.tensor(encoded(as_sent(RGB, "list")[0], "list")), RGB[0])
    assert as_sent(RGB.double(), "list").dtype == torch.float32


@pytest.mark.parametrize("channels", [1, 3])
def test_a_png_holds_the_levels(channels: int) -> None:
    sent = as_sent(RGB[:, :channels], "png-base64")
    image = Image.open(io.BytesIO(base64.b64decode(encoded(sent[0], "png-base64"))))
    pixels = np.asarray(image).reshape(4, 5, channels)
    assert torch.equal(torch.tensor(pixels).permute(2, 0, 1), (RGB[0, :channels] * 255).round().byte())
    with pytest.raises(InputError, match=r"expected images \(1 or 3, h, w\) to send as PNG, got \(16,\)"):
        encoded(torch.zeros(16, dtype=torch.uint8), "png-base64")


def test_templates() -> None:
    assert fill({"a": [{"b": "$images"}], "c": None}, [1, 2]) == {"a": [{"b": [1, 2]}], "c": None}
    assert fill("$image", [[1.0]]) == [1.0]
    assert fill({"price": "5 $"}, [1]) == {"price": "5 $"}
    assert places({"a": ["$images", 3], "b": "x,$image"}) == ["$images", "$image"]
    assert places({"a": 1}) == []


@pytest.mark.parametrize(
    ("path", "steps"), [("", []), ("a", ["a"]), ("[*]", ["*"]), ("a.b[0][*].c d", ["a", "b", "0", "*", "c d"])]
)
def test_paths(path: str, steps: list[str]) -> None:
    assert steps_of(path) == steps


@pytest.mark.parametrize("path", ["a[", "a[x]", "a..b", "[-1]"])
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(InputError, match="expected a path such as"):
        steps_of(path)


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ({"a": 1}, "b", "expected 'b' in the response, got keys 'a'"),
        ([1, 2], "[2]", "expected element 2 in the response, got a list of 2"),
        ({"a": 3}, "a[*]", "expected a list in the response.a, got int"),
        ([{"a": 1}, {}], "[*].a", r"expected 'a' in the response\[1\], got keys"),
    ],
)
def test_a_path_that_ends_says_where(value: Any, path: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        reach(value, steps_of(path))


@pytest.mark.parametrize(
    ("answer", "returns", "words"),
    [
        ("cow", "names", "expected the name of a class in the response, got 'cow'"),
        (1.5, "labels", "expected a label, a whole number, in the response, got '1.5'"),
        (True, "labels", "got 'True'"),
        (2, "labels", r"expected labels in \[0, 1\] in the response, got 2"),
        ([1.0], "scores", r"expected a list of 2 scores, got \[1.0\]"),
        ([1.0, 2.0, 3.0], "scores", "expected 2 scores an image, got 3"),
        ([1.0, float("nan")], "scores", "expected finite scores"),
        ([1.0, 7.0], "probabilities", "expected probabilities in .*: are they scores"),
        ({"cat": 1.0}, "scores", "expected a list of 2 scores"),
        (None, "scores", "got None"),
    ],
)
def test_answers_of_another_kind(answer: Any, returns: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(answer, returns, ("dog", "cat"), 2)


def test_answers() -> None:
    assert read({"cat": 0.25, "dog": 0.75}, "scores", ("dog", "cat"), 2) == [0.75, 0.25]
    assert read([1, 2, 3], "scores", None, None) == [1.0, 2.0, 3.0]
    low, high = read([0.0, 1.0], "probabilities", None, 2)
    assert high == 0
    assert low < -20
    assert read(1, "labels", None, 2) == [1.0]
