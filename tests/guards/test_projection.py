"""Projection: it reaches the closed form of the linear generator, takes any other, and is no riddle to an attack."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.guards._projector import LinearGenerator, principal_components, project
from sparring.guards.projection import Projected, Projection

OPTIONS = {"latent": 20, "steps": 100, "restarts": 2, "lr": 0.5, "seed": 0}


def test_the_descent_reaches_the_least_squares_solution_of_the_linear_generator() -> None:
    """Closed form: μ + U Uᵀ (x − μ), on clean images, noise, and a generator that is badly scaled."""
    generator = principal_components(load_data("digits:train"), 20, 0)
    x = torch.cat([load_data("digits:test").images(range(20)), torch.rand(10, 1, 8, 8)])
    exact = generator.closest(x)
    found, distance = project(generator, x, **OPTIONS)  # type: ignore[arg-type]
    least = (exact - x).square().flatten(1).mean(1)
    assert (distance >= least - 1e-7).all()
    assert (distance < 1.02 * least + 1e-5).all()
    assert (found - exact).flatten(1).norm(dim=1).max() < 0.1 * (x - generator.mean).flatten(1).norm(dim=1).mean()
    assert torch.allclose(distance, (found - x).square().flatten(1).mean(1))


def test_more_steps_come_closer() -> None:
    generator = principal_components(load_data("digits:train"), 20, 0)
    x = load_data("digits:test").images(range(10))
    gaps = []
    for steps in (5, 25, 125):
        found, _ = project(generator, x, **(OPTIONS | {"steps": steps}))  # type: ignore[arg-type]
        gaps.append(float((found - generator.closest(x)).abs().max()))
    assert gaps[0] > 2 * gaps[1] > 4 * gaps[2]


def test_the_closed_form_is_a_projection_and_components_carry_the_data_s_covariance() -> None:
    train = load_data("digits:train")
    generator = principal_components(train, 64 - 3, 0)  # three pixels are never lit
    x = train.images()
    made = generator.closest(x)
    assert torch.allclose(generator.closest(made), made, atol=1e-4)
    assert torch.allclose(made, x, atol=2e-3), "all components give everything back"
    rows = generator.basis.flatten(1)
    assert torch.allclose(rows.T @ rows, x.flatten(1).T.cov(), atol=1e-4)
    with pytest.raises(InputError, match="latent of projection"):
        principal_components(train, 65, 0)


class Circle(nn.Module):
    """Images of two pixels on a circle: the nearest is known, and a descent from one start may miss it."""

    def forward(self, z: Tensor) -> Tensor:
        return 0.5 + 0.4 * torch.cat([z.cos(), z.sin()], 1)


def test_a_curved_generator_gives_the_nearest_point_of_its_curve() -> None:
    x = torch.rand(30, 2, generator=torch.Generator().manual_seed(3))
    found, distance = project(Circle(), x, latent=1, steps=200, restarts=6, lr=0.5, seed=0)
    ray = (x - 0.5) / (x - 0.5).norm(dim=1, keepdim=True)
    assert torch.allclose(found, 0.5 + 0.4 * ray, atol=5e-3)
    assert torch.allclose(distance, ((x - 0.5).norm(dim=1) - 0.4).square() / 2, atol=1e-4)


def test_an_image_is_projected_by_itself_and_nothing_is_left_behind() -> None:
    generator, x = principal_components(load_data("digits:train"), 10, 0), torch.rand(5, 1, 8, 8)
    options = OPTIONS | {"latent": 10, "steps": 7}
    state, (whole, _) = torch.get_rng_state(), project(generator, x, **options)  # type: ignore[arg-type]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.allclose(project(generator, x[[3, 1]], **options)[0], whole[[3, 1]], atol=1e-5)  # type: ignore[arg-type]
    with torch.no_grad():
        assert torch.allclose(project(generator, x, **options)[0], whole)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def calibration() -> Dataset:
    x, y = load_data("digits:test").take(range(160))
    return Dataset(x, y)


def test_it_keeps_clean_images_refuses_odd_ones_and_comes_back(
    digits_net: tuple[nn.Module, Tensor, Tensor], calibration: Dataset
) -> None:
    net, _, _ = digits_net
    guard = Projection(false_alarms=0.1, steps=40, restarts=1)
    guarded = guard.fit(net, load_data("digits:train"), calibration)
    x, y = load_data("digits:test").take(range(160, 359))
    answer = guarded(x).argmax(1)
    refused = answer == 10
    assert refused.double().mean() < 0.25
    assert (answer[~refused] == y[~refused]).double().mean() > 0.9
    assert (guarded(torch.rand(50, 1, 8, 8)).argmax(1) == 10).double().mean() > 0.9
    assert torch.equal(guard.restore(net, guarded.state_dict())(x), guarded(x))
    never = Projection(false_alarms=0, steps=10).fit(net, load_data("digits:train"), calibration)
    assert not (never(torch.rand(50, 1, 8, 8)).argmax(1) == 10).any()


def test_its_slopes_are_those_of_the_net_at_the_nearest_image_and_of_the_distance(calibration: Dataset) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).requires_grad_(False)
    guarded = Projection(steps=60).fit(net, load_data("digits:train"), calibration)
    assert isinstance(guarded, Projected)
    x = calibration.images(range(3)).requires_grad_(True)
    logits, score = guarded.judge(x)
    (slope,) = torch.autograd.grad(logits[:, 4].sum(), x, retain_graph=True)
    assert torch.allclose(slope.flatten(1), net[1].weight[4].expand(3, -1))
    assert torch.allclose(logits, net(guarded.nearest(x)))
    (away,) = torch.autograd.grad(score.sum(), x)
    assert torch.allclose(away, 2 * (x - guarded.nearest(x)).detach() / 64, atol=1e-6)


def test_a_joint_attack_gets_past_it(digits_net: tuple[nn.Module, Tensor, Tensor], calibration: Dataset) -> None:
    net, _, _ = digits_net
    guarded = Projection(steps=30, restarts=1).fit(net, load_data("digits:train"), calibration)
    x, y = load_data("digits:test").take(range(160, 220))
    answered = guarded(x).argmax(1) == y
    found = sparring.attack(guarded, x[answered][:25], y[answered][:25], "apgd(steps=25)", "linf(0.3)")
    assert found.success_rate > 0.5
    assert not (guarded(found.images[found.success]).argmax(1) == 10).any()


def test_a_generator_of_one_s_own_is_taken_from_a_file(
    tmp_path: Path, digits_net: tuple[nn.Module, Tensor, Tensor], calibration: Dataset
) -> None:
    net, train = digits_net[0], load_data("digits:train")
    source = "import torch\nfrom torch import nn\n\ndef build():\n    torch.manual_seed(3)\n"
    source += "    return nn.Sequential(nn.Linear(4, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8)))\n\nnumber = 3\n"
    source += "\ndef small():\n    return nn.Linear(4, 3)\n"
    (tmp_path / "gen.py").write_text(source)
    guard = Projection(generator=f"{tmp_path}/gen.py:build", latent=4, steps=5)
    guarded = guard.fit(net, train, calibration)
    x = calibration.images(range(5))
    with pytest.raises(InputError, match="whose generator is code"):
        guard.restore(net, guarded.state_dict())
    other = nn.Sequential(nn.Linear(4, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8)))
    assert torch.equal(guard.restore_around(net, other, guarded.state_dict())(x), guarded(x))
    for name, words in (("number", "as an nn.Module"), ("small", "generator of images"), ("none", "a function in")):
        with pytest.raises(InputError, match=words):
            Projection(generator=f"{tmp_path}/gen.py:{name}", latent=4).fit(net, train, calibration)


def test_a_module_is_taken_as_it_is() -> None:
    plane = LinearGenerator(torch.full((2,), 0.5), torch.tensor([[1.0, 0.0]]))
    net, data = nn.Linear(2, 3), Dataset(torch.rand(40, 2), torch.arange(40) % 3)
    guarded = Projection(latent=1, steps=60).around(net, plane, data)
    assert torch.allclose(guarded.nearest(torch.tensor([[0.1, 0.9]])), torch.tensor([[0.1, 0.5]]), atol=1e-2)  # type: ignore[union-attr,operator]


def test_fields_out_of_range_are_refused() -> None:
    for fields in ({"latent": 0}, {"steps": 0}, {"lr": 0.0}, {"false_alarms": 1.0}):
        with pytest.raises(InputError, match="of projection"):
            Projection(**fields)  # type: ignore[arg-type]
