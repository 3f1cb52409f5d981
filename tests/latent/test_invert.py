"""Inversion against least squares, ridge regression, and codes that are known."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparring.errors import InputError
from sparring.gan import codes, generate
from sparring.latent import invert, nearest_other
from sparring.train import load_generator


def test_of_a_linear_generator_it_is_least_squares(linear) -> None:
    x = torch.rand(3, 1, 4, 4)
    found = invert(linear, x, tries=50, starts=2, steps=250, lr=0.1)
    a, rest = linear.a.detach(), x.flatten(1) - linear.b.detach()
    exact = torch.linalg.lstsq(a, rest.T).solution.T
    assert torch.allclose(found.codes, exact, atol=1e-3)
    residual = (rest - exact @ a.T).square().mean(1)
    assert torch.allclose(found.error, residual, rtol=1e-4)
    assert torch.equal(found.images, generate(linear, 3, z=found.codes))


def test_with_a_prior_it_is_ridge_regression(linear) -> None:
    x, prior = torch.rand(3, 1, 4, 4), 0.05
    found = invert(linear, x, tries=50, starts=2, steps=250, lr=0.1, prior=prior)
    a, rest = linear.a.detach(), x.flatten(1) - linear.b.detach()
    exact = torch.linalg.solve(a.T @ a / 16 + prior / 5 * torch.eye(5), a.T @ rest.T / 16).T
    assert torch.allclose(found.codes, exact, atol=1e-3)


def test_features_count_beside_pixels(linear) -> None:
    """With f(x) = x, and ‖x‖² known, the objective is the pixel error times a constant: the same code."""
    x = torch.rand(2, 1, 4, 4)
    plain = invert(linear, x, tries=50, steps=250, lr=0.1)
    both = invert(linear, x, tries=50, steps=250, lr=0.1, features=lambda x: x.flatten(1), weight=3.0)
    assert torch.allclose(plain.codes, both.codes, atol=2e-3)
    first = invert(linear, x, tries=50, steps=250, lr=0.1, features=lambda x: x[:, :, :2].flatten(1), weight=1e4)
    rows = linear.a.detach()[:8], (x - linear.b.detach().view(1, 1, 4, 4))[:, :, :2].flatten(1)
    exact = torch.linalg.lstsq(rows[0], rows[1].T).solution.T
    assert torch.allclose(first.codes, exact, atol=0.02), "two rows of the image are all that matters"


def test_how_much_features_weigh(linear) -> None:
    """With f the upper half F, Az + b to be x: (AᵀA / 16 + w AᵀFᵀFA / ‖Fx‖²) z = the same on the right."""
    x, weight = torch.rand(1, 1, 4, 4), 0.5
    found = invert(linear, x, tries=50, steps=300, lr=0.1, features=lambda x: x[:, :, :2].flatten(1), weight=weight)
    a, rest = linear.a.detach(), (x.flatten(1) - linear.b.detach())[0]
    part = weight / x[:, :, :2].square().sum()
    left = a.T @ a / 16 + part * a[:8].T @ a[:8]
    exact = torch.linalg.solve(left, a.T @ rest / 16 + part * a[:8].T @ rest[:8])
    assert torch.allclose(found.codes[0], exact, atol=1e-3)


def test_classes_are_found_with_the_code(linear_of_two) -> None:
    z, y = 0.3 * codes(6, 5, 3), torch.tensor([0, 1, 1, 0, 1, 0])
    found = invert(linear_of_two, generate(linear_of_two, 6, z=z, labels=y), tries=200, starts=8, steps=300, lr=0.1)
    assert found.labels is not None
    assert torch.equal(found.labels, y)
    assert torch.allclose(found.codes, z, atol=2e-3)


def test_a_trained_generator_gives_the_images_of_its_codes_back(gan_run: Path) -> None:
    generator = load_generator(gan_run)
    z = codes(8, generator.latent, 5)
    found = invert(generator, generate(generator, 8, z=z), steps=300)
    assert (found.error < 1e-4).all()
    assert (found.error < 0.01 * found.drawn_error).all(), "a hundred times nearer than the best of 1000 at random"
    assert ((found.codes - z).norm(dim=1) < 0.1).sum() >= 6


def test_an_image_is_inverted_alike_in_any_company_and_the_net_is_left_as_found(gan_run: Path) -> None:
    generator = load_generator(gan_run).train().requires_grad_(True)
    x = generate(generator, 3, seed=4)
    whole, alone = (invert(generator, part, tries=100, steps=20) for part in (x, x[2:]))
    assert torch.allclose(whole.codes[2], alone.codes[0], atol=1e-4)
    assert generator.training
    assert all(p.requires_grad and p.grad is None for p in generator.parameters())
    still = invert(generator, x, tries=100, steps=0)
    assert torch.allclose(whole.drawn, still.images, atol=1e-6), "no descent: the best of many"


def test_the_nearest_other_image_is_not_the_image_itself() -> None:
    others = torch.rand(20, 1, 4, 4)
    error, which = nearest_other(others[:3], others)
    for row in range(3):
        apart = (others - others[row]).flatten(1).square().mean(1)
        apart[row] = torch.inf
        assert which[row] == apart.argmin()
        assert error[row].item() == pytest.approx(apart.min().item(), rel=1e-5)


@pytest.mark.parametrize("options", [{"starts": 0}, {"tries": 2}, {"steps": -1}, {"lr": 0.0}, {"prior": -1.0}])
def test_numbers_out_of_range_are_refused(linear, options: dict[str, float]) -> None:
    with pytest.raises(InputError, match="1 <= starts <= tries"):
        invert(linear, torch.rand(1, 1, 4, 4), **options)


def test_images_of_another_shape_are_refused(linear) -> None:
    with pytest.raises(InputError, match="like the generator's"):
        invert(linear, torch.rand(1, 1, 5, 4))


def test_a_guess_is_begun_from_as_well(linear) -> None:
    """The exact code as a guess is kept whatever the random ones do, and its own error is told."""
    z = 3 * codes(2, 5, 7)
    x = generate(linear, 2, z=z)
    found = invert(linear, x, tries=5, starts=2, steps=0, guess=z)
    assert torch.allclose(found.codes, z)
    assert found.guessed is not None
    assert found.guessed_error is not None
    assert (found.guessed_error < 1e-10).all()
    assert (found.drawn_error > 1e-3).all()
    worse = invert(linear, x, tries=5, starts=2, steps=5, guess=z + 100)
    assert worse.guessed_error is not None
    assert (worse.error < worse.guessed_error).all()
    assert invert(linear, x, tries=5, starts=2, steps=0).guessed is None


def test_a_guess_of_another_shape_or_for_classes_is_refused(linear, linear_of_two) -> None:
    with pytest.raises(InputError, match="a guess of 5 numbers an image"):
        invert(linear, torch.rand(2, 1, 4, 4), tries=5, guess=torch.zeros(2, 4))
    with pytest.raises(InputError, match="no guess for a generator of classes, not 5 numbers"):
        invert(linear_of_two, torch.rand(2, 1, 4, 4), tries=5, guess=torch.zeros(2, 5))
