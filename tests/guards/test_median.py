import pytest
import torch
from scipy.ndimage import median_filter

from sparring.errors import InputError
from sparring.guards.median import Median


@pytest.mark.parametrize("radius", [1, 2])
def test_it_is_the_median_of_each_window(radius: int) -> None:
    x = torch.rand(3, 2, 9, 7)
    seen = Median(radius).layer()(x)
    for image, other in zip(x.flatten(0, 1), seen.flatten(0, 1), strict=True):
        assert torch.equal(other, torch.from_numpy(median_filter(image.numpy(), 2 * radius + 1, mode="mirror")))


def test_a_gradient_goes_to_the_pixel_that_is_the_median() -> None:
    x = torch.rand(1, 1, 5, 5, requires_grad=True)
    seen = Median().layer()(x)[0, 0, 2, 2]
    (slope,) = torch.autograd.grad(seen, x)
    assert torch.equal(slope[0, 0] == 1, x[0, 0] == seen)
    assert int(slope.count_nonzero()) == 1


def test_what_is_no_window_or_no_image_is_refused() -> None:
    with pytest.raises(InputError, match="radius of median"):
        Median(0)
    with pytest.raises(InputError, match="expected images"):
        Median().layer()(torch.rand(3, 9))
