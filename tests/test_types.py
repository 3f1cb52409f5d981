"""The shape aliases: checked where jaxtyping is, plain tensors where it is not."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from beartype import beartype
from beartype.roar import BeartypeException
from jaxtyping import TypeCheckError, jaxtyped

from sparring import types


@jaxtyped(typechecker=beartype)
def first_logit(x: types.Images, y: types.Labels, z: types.Logits) -> types.Scores:
    return z.gather(1, y[:, None])[:, 0] + 0 * x.flatten(1).sum(1)


def test_shapes_that_agree_pass() -> None:
    assert first_logit(torch.rand(3, 1, 2, 2), torch.zeros(3, dtype=torch.int64), torch.rand(3, 5)).shape == (3,)
    assert first_logit(torch.rand(3, 7), torch.zeros(3, dtype=torch.int64), torch.rand(3, 5)).shape == (3,)


@pytest.mark.parametrize(
    ("x", "y", "z"),
    [
        (torch.rand(2, 4), torch.zeros(3, dtype=torch.int64), torch.rand(3, 5)),
        (torch.rand(3, 4), torch.zeros(3), torch.rand(3, 5)),
        (torch.rand(3, 4), torch.zeros(3, dtype=torch.int64), torch.rand(3)),
        (torch.zeros(3, 4, dtype=torch.int64), torch.zeros(3, dtype=torch.int64), torch.rand(3, 5)),
    ],
)
def test_shapes_and_types_that_do_not_agree_are_caught(x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> None:
    with pytest.raises((TypeCheckError, BeartypeException)):
        first_logit(x, y, z)


def test_the_names_exist_without_jaxtyping() -> None:
    """A user's machine does not have it."""
    code = (
        "import sys; sys.modules['jaxtyping'] = None\n"
        "import torch, sparring.types as t\n"
        "assert all(getattr(t, name) is torch.Tensor for name in t.__all__ if name != 'Classifier')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
