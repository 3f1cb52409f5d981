import pytest
import torch
from torch import Tensor

from sparring.errors import InputError
from sparring.guards.total_variation import TotalVariation, _divergence, _gradient


def energy(z: Tensor, x: Tensor, weight: float) -> Tensor:
    return 0.5 * (z - x).square().sum() + weight * _gradient(z).square().sum(0).sqrt().sum()


def test_a_step_moves_by_the_weight_over_its_width_until_it_is_gone() -> None:
    """The closed form of a step edge of two segments, a and b pixels wide, in one row."""
    for a, b, weight in ((1, 1, 0.1), (3, 2, 0.15), (2, 6, 0.05)):
        x = torch.tensor([0.2] * a + [0.9] * b, dtype=torch.float64).view(1, 1, 1, -1)
        seen = TotalVariation(weight, steps=2000).layer()(x).flatten()
        wanted = [0.2 + weight / a] * a + [0.9 - weight / b] * b
        assert torch.allclose(seen, torch.tensor(wanted, dtype=torch.float64), atol=2e-3)
    x = torch.tensor([0.2, 0.9], dtype=torch.float64).view(1, 1, 1, 2)
    flat = TotalVariation(10.0, steps=8000).layer()(x)
    assert torch.allclose(flat, torch.full_like(flat, 0.55), atol=2e-2)


def test_nothing_nearby_has_a_lower_energy() -> None:
    x = torch.rand(1, 1, 8, 8, dtype=torch.float64)
    z = TotalVariation(0.1, steps=3000).layer()(x)
    least = energy(z, x, 0.1)
    assert least < energy(x, x, 0.1)
    for size in (0.3, 0.03):
        for _ in range(50):
            assert energy(z + size * torch.randn_like(z), x, 0.1) > least
    # Convex: no point between the minimum and any other is lower than the minimum, but for the finite steps.
    assert energy(0.99 * z + 0.01 * x, x, 0.1) > least - 1e-4


def test_divergence_is_minus_the_adjoint_of_the_gradient() -> None:
    z, p = torch.randn(2, 3, 5, 4, dtype=torch.float64), torch.randn(2, 2, 3, 5, 4, dtype=torch.float64)
    p[0][:, :, -1], p[1][..., -1] = 0, 0
    assert torch.allclose((_gradient(z) * p).sum(), -(z * _divergence(p)).sum())


def test_a_flat_image_stays_and_noise_shrinks() -> None:
    layer = TotalVariation().layer()
    assert torch.allclose(layer(torch.full((1, 3, 6, 6), 0.4)), torch.full((1, 3, 6, 6), 0.4))
    noisy = 0.5 + 0.1 * torch.randn(1, 1, 16, 16)
    assert layer(noisy).std() < 0.6 * noisy.std()


def test_its_gradient_is_finite_on_a_flat_image_too() -> None:
    x = torch.full((1, 1, 6, 6), 0.4, requires_grad=True)
    (slope,) = torch.autograd.grad(TotalVariation().layer()(x)[0, 0, 2, 2], x)
    assert torch.isfinite(slope).all()
    assert slope.abs().max() > 0


def test_fields_out_of_range_are_refused() -> None:
    for fields in ({"weight": 0.0}, {"steps": 0}):
        with pytest.raises(InputError, match="of total_variation"):
            TotalVariation(**fields)  # type: ignore[arg-type]
