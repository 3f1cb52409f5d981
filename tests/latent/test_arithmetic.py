"""A − B + C, where the answer is known."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.gan import codes, generate
from sparring.latent import arithmetic, class_codes, invert, neighbors
from sparring.models import load_model


class Brightest(nn.Module):
    """Class 1 where the first pixel is brighter than the second."""

    def forward(self, x):
        flat = x.flatten(1)
        return torch.stack([flat[:, 1], flat[:, 0]], 1)


def test_of_a_linear_generator_images_add_up_as_their_codes_do(linear) -> None:
    a, b, c = (codes(3, 5, seed) for seed in range(3))
    whole = arithmetic([a, c], [b])
    means = [generate(linear, 3, z=z).mean(0) for z in (a, b, c)]
    assert torch.allclose(generate(linear, 1, z=whole[None])[0], means[0] - means[1] + means[2], atol=1e-5)


def test_the_same_from_images_that_are_inverted_first(linear) -> None:
    terms = [generate(linear, 3, seed=seed) for seed in range(3)]
    a, b, c = invert(linear, torch.cat(terms), tries=50, starts=1, steps=250, lr=0.1).codes.split(3)
    made = generate(linear, 1, z=arithmetic([a, c], [b])[None])[0]
    assert torch.allclose(made, terms[0].mean(0) - terms[1].mean(0) + terms[2].mean(0), atol=2e-3)


def test_neighbors_lie_around_as_far_as_asked() -> None:
    found = neighbors(torch.full((50,), 3.0), 400, 0.25)
    assert found.mean().item() == pytest.approx(3.0, abs=0.01)
    assert (found - 3.0).std().item() == pytest.approx(0.25, rel=0.02)


def test_codes_that_a_classifier_names_lie_on_its_side(linear) -> None:
    """Pixel 0 − pixel 1 = w·z + b: their mean is along w, and its part across w vanishes."""
    model = load_model(Brightest(), input_shape=(1, 4, 4), classes=("second", "first"))
    found = class_codes(linear, model, 1, n=4000)
    w, bias = linear.a.detach()[0] - linear.a.detach()[1], (linear.b[0, 0] - linear.b[0, 1]).item()
    assert ((found @ w + bias) > 0).all()
    assert len(found) == ((codes_of_all(linear) @ w + bias) > 0).sum()
    mean, direction = found.mean(0), w / w.norm()
    across = mean - (mean @ direction) * direction
    assert mean @ direction > 0.3
    assert across.norm() < 0.1


def codes_of_all(linear):
    from sparring.core.seeds import child_seed

    return codes(4000, linear.latent, child_seed(0, "class codes"))


def test_bad_input_is_refused(linear, linear_of_two) -> None:
    with pytest.raises(InputError, match="at least one term"):
        arithmetic([], [torch.zeros(3)])
    with pytest.raises(InputError, match="of one length"):
        arithmetic([torch.zeros(3)], [torch.zeros(4)])
    with pytest.raises(InputError, match="as a term"):
        arithmetic([torch.zeros(0, 3)])
    with pytest.raises(InputError, match="n >= 1 neighbors"):
        neighbors(torch.zeros(3), 0)
    model = load_model(Brightest(), input_shape=(1, 4, 4), classes=("second", "first"))
    with pytest.raises(InputError, match="without classes"):
        class_codes(linear_of_two, model, 1)
    linear.b.data[0, :2] = torch.tensor([0.0, 100.0])
    with pytest.raises(InputError, match="of class 1 by Brightest among 20 samples, got 20 of 0"):
        class_codes(linear, model, 1, n=20)
