"""Samples are written along the axes of the data, as wide as the data are along each."""

from __future__ import annotations

import pytest
import torch

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.gan import generate, recipe
from sparring.gan.nets.base import Scaled
from sparring.gan.tricks.principal_axes import Axes
from sparring.registry import parse

CELLS = "gan(nets=waves(latent=10, signs=8, hidden=(16,)), tricks=(principal_axes(),))"
WIDTHS = torch.tensor([0.5, 0.2, 0.1, 0.05, 0.0])


def turned() -> torch.Tensor:
    return torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(1)))[0]


def data(n: int = 3000) -> Dataset:
    """Normal before tanh, with known widths along known axes, one of them flat."""
    y = torch.randn(n, 5, generator=torch.Generator().manual_seed(0)) * WIDTHS
    return Dataset(((0.3 + y @ turned().T).tanh() + 1) / 2)


def inner(x: torch.Tensor) -> torch.Tensor:
    return (2 * x - 1).atanh()


def test_fresh_samples_have_the_mean_and_the_covariance_of_the_data() -> None:
    generator, _ = recipe(CELLS).build((5,), seed=3, data=data())
    samples = inner(generate(generator, 4000))
    assert (samples.mean(0) - 0.3).abs().max() < 0.1
    along = (samples - samples.mean(0)) @ turned()
    assert torch.allclose(along.std(0)[:4], WIDTHS[:4], rtol=0.15)
    assert along.std(0)[4] < 1e-3
    assert not any(isinstance(each, Scaled) for each in generator.modules())


def test_a_coordinate_is_a_standard_deviation_along_an_axis() -> None:
    """m + y S Vᵀ, the widest axis first."""
    generator, _ = recipe(CELLS).build((5,), data=data(20_000))
    axes = generator.body[-1]
    moved = axes(torch.eye(5)) - axes(torch.zeros(5, 5))
    assert torch.allclose(moved.norm(dim=1), WIDTHS, atol=0.01)
    assert torch.allclose((moved[:4] @ turned()).abs(), torch.diag(WIDTHS)[:4], atol=0.02)


@pytest.mark.parametrize("nets", ["waves(latent=2)", "waves(latent=2, signs=1)", "dense(latent=2)"])
def test_at_first_a_code_moves_a_sample_along_as_many_axes_as_it_has_numbers(nets: str) -> None:
    generator, _ = recipe(f"gan(nets={nets}, tricks=(principal_axes(),))").build((5,), data=data())
    samples = inner(generate(generator, 500).double())
    assert torch.linalg.matrix_rank(samples - samples.mean(0), atol=1e-3) == 2


def test_few_samples_have_few_axes_and_one_has_none() -> None:
    generator, _ = recipe(CELLS).build((5,), data=Dataset(data().pixels[:3]))
    samples = inner(generate(generator, 500).double())
    assert torch.linalg.matrix_rank(samples - samples.mean(0), atol=1e-3) == 2
    alone = data().pixels[:1]
    generator, _ = recipe(CELLS).build((5,), data=Dataset(alone))
    assert torch.allclose(generate(generator, 9), alone.expand(9, -1), atol=1e-5)


def test_black_and_white_have_a_place() -> None:
    generator, _ = recipe(CELLS).build((5,), data=Dataset(torch.eye(5).repeat(9, 1)))
    assert generate(generator, 50).isfinite().all()


def test_without_data_axes_wait_for_the_weights() -> None:
    unit = recipe(CELLS)
    trained, _ = unit.build((5,), data=data())
    fresh, _ = unit.build((5,), seed=1)
    assert generate(fresh, 3).isnan().all()
    fresh.load_state_dict(trained.state_dict())
    assert torch.equal(generate(fresh, 3), generate(trained, 3))


def test_nothing_of_the_axes_is_learned() -> None:
    axes = Axes(torch.zeros(3), torch.eye(3))
    assert list(axes.parameters()) == []
    assert set(axes.state_dict()) == {"mean", "axes"}


def test_only_what_writes_samples_is_changed() -> None:
    """Also where a layer inside is as wide as a sample, or the end is no linear layer."""
    expected: dict[str, set[str]] = {
        "dense(latent=4, hidden=(64, 32))": {"4.weight", "4.bias"},
        "dcgan(width=4, latent=8)": set(),
        "waves(latent=4, signs=3)": {"0.table.weight", "0.net.4.weight", "0.net.4.bias"},
    }
    for nets, ends in expected.items():
        text = f"gan(nets={nets}, batch_size=8)"
        plain, _ = recipe(text).build((1, 8, 8), seed=2)
        placed, _ = recipe(text.replace("batch", "tricks=(principal_axes(),), batch")).build(
            (1, 8, 8), seed=2, data=Dataset(torch.rand(40, 1, 8, 8))
        )
        assert isinstance(placed.body[-1], Axes)
        assert placed(torch.randn(4, placed.latent)).shape == (4, 1, 8, 8)
        inside = dict(placed.body[0].named_parameters())
        changed = {name for name, was in plain.body.named_parameters() if not torch.equal(was, inside[name])}
        assert changed == ends
        for name in ends:
            assert inside[name][placed.latent :].abs().max() == 0


def test_a_constant_at_the_end_is_left_out_wherever_the_end_is() -> None:
    ends = "waves(latent=10, signs=8)", "waves(latent=10)", "tanh(latent=10, scale=3)"
    for text in (*(f"gan(nets={nets}" for nets in ends), "infogan(nets=waves(latent=20)"):
        generator, _ = recipe(f"{text}, tricks=(principal_axes(),))").build((5,), data=data())
        assert not any(isinstance(each, Scaled) for each in generator.body.modules())


def test_half_precision_does_not_reach_the_axes() -> None:
    """Rounded to eight bits, a wide axis would show in a narrow one."""
    axes, y = Axes(torch.zeros(2), torch.tensor([[300.0, 301.0], [0.0, 0.0]])), torch.tensor([[1.0, 0.0]])
    with torch.autocast("cpu", torch.bfloat16):
        assert axes(y).tolist() == [[300.0, 301.0]]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="at most 4096 numbers for principal_axes, got 4225"):
        recipe(CELLS).build((65, 65))
    with pytest.raises(InputError, match="size of principal_axes >= 2, got 1"):
        parse("principal_axes(size=1)")
