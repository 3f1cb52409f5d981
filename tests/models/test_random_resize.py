"""Random size and place."""

import pytest
import torch

from sparring.errors import InputError
from sparring.models.random_resize import RandomResize, Resize


def test_a_full_picture_is_left_as_it_is():
    x = torch.rand(3, 2, 9, 13)
    assert torch.allclose(Resize(1.0)(x), x, atol=1e-5)


def test_T32_a_white_picture_keeps_its_size_within_limits_and_stays_in_the_frame():
    seen = Resize(0.5)(torch.ones(500, 1, 40, 40))
    area = seen.sum((1, 2, 3)) / 1600
    assert 0.25 <= area.min() < 0.28
    assert 0.95 < area.max() <= 1
    assert area.std() > 0.1
    columns = seen[:, 0].amax(1) > 0.5
    sides = [(index := row.nonzero()[:, 0])[0] + (39 - index[-1]) for row in columns]
    assert all(0 <= side <= 21 for side in sides)  # what is missing lies left and right of the picture
    left = torch.tensor([int(row.nonzero()[0, 0]) for row in columns])
    assert left.unique().numel() > 10


def test_the_mean_of_a_picture_goes_with_its_area():
    torch.manual_seed(1)
    x = torch.rand(1, 1, 32, 32).expand(200, -1, -1, -1)
    torch.manual_seed(2)
    ones = Resize(0.8)(torch.ones_like(x))
    torch.manual_seed(2)
    shown = Resize(0.8)(x)
    assert torch.allclose(shown.mean((1, 2, 3)) / ones.mean((1, 2, 3)), x.mean().expand(200), atol=0.03)


def test_a_gradient_comes_through():
    x = torch.rand(2, 1, 8, 8, requires_grad=True)
    Resize(0.9)(x).sum().backward()
    assert (x.grad > 0.3).all()


@pytest.mark.parametrize("smallest", [0.0, 1.1])
def test_wrong_sizes_are_refused(smallest):
    with pytest.raises(InputError, match="smallest of random-resize"):
        RandomResize(smallest=smallest)
