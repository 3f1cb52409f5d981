"""What the search keeps, counts and stops, shown with scripted attacks that look at images in a fixed order."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks import Adversarials, Attack
from sparring.attacks._objectives import ce
from sparring.attacks._search import Search


@dataclass(frozen=True)
class Look(Attack):
    """Look at x + each offset in turn; `slope` asks for a gradient each time."""

    offsets: tuple[float, ...] = (0.0,)
    slope: bool = False

    def passes(self, classes: int) -> int:
        return 2 * len(self.offsets)

    def run(self, search: Search) -> None:
        for offset in self.offsets:
            z = search.threat.clip(search.x, search.x + offset)
            if self.slope:
                search.gradient(z, ce)
            else:
                search.logits(z)


@dataclass(frozen=True)
class LookNear(Look):
    """The same, in search of the nearest."""

    minimal = True
    free_threat = "linf(inf)"


def by_value(rule: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A model that reads one number an image: rule gives logits (n, k)."""
    return lambda x: rule(x.flatten(1).mean(1))


def around(center: float, width: float) -> Callable[[Tensor], Tensor]:
    """Class 1 within a window of values, class 0 elsewhere."""
    return by_value(lambda v: torch.stack([(v - center).abs() - width, torch.zeros_like(v)], 1) + 3)


def run(
    model: object, offsets: tuple[float, ...], *, kind: type[Look] = Look, x: float = 0.5, **options: object
) -> Adversarials:
    images = torch.full((1, 1, 2, 2), x)
    threat = options.pop("threat", "linf(0.4)")
    return sparring.attack(model, images, torch.tensor([0]), kind(offsets), threat, **options)  # type: ignore[arg-type]


def test_the_success_at_step_3_is_returned_though_step_10_fails() -> None:
    """T17: the best image seen, not the last."""
    found = run(around(0.6, 0.02), (0.3, 0.2, 0.1, *[-0.1 - 0.01 * i for i in range(7)]), early_stop=False)
    assert found.success.item()
    assert float(found.images.mean()) == pytest.approx(0.6, abs=1e-6)
    assert found.distance.item() == pytest.approx(0.1, abs=1e-6)


def test_success_comes_before_loss() -> None:
    """T18: at 0.7 the cross-entropy is highest, and class 0 still wins; at 0.6 class 1 wins by a hair."""

    def rule(v: Tensor) -> Tensor:
        first = torch.where(v > 0.65, 0.0, torch.where(v > 0.55, 1.0, 9.0))
        second = torch.where(v > 0.65, -0.01, torch.where(v > 0.55, 1.01, 0.0))
        third = torch.where(v > 0.65, -0.01, torch.full_like(v, -9.0))
        return torch.stack([first, second, third], 1)

    model = by_value(rule)
    looks = torch.tensor([[0.6], [0.7]])
    losses = ce(model(looks), torch.zeros(2, dtype=torch.int64), None)
    assert losses[1] > losses[0], "the example must have its highest loss where the attack fails"
    for order in ((0.1, 0.2), (0.2, 0.1)):
        found = run(model, order, early_stop=False)
        assert found.success.item()
        assert float(found.images.mean()) == pytest.approx(0.6, abs=1e-6)


def test_the_last_image_is_looked_at() -> None:
    """T19: one step, and its success counts."""
    net = nn.Linear(2, 2)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        net.bias.zero_()
    x, y = torch.tensor([[0.55, 0.45]]), torch.tensor([0])
    for text in ("bim(steps=1)", "pgd(steps=1, random_start=False)", "fgsm"):
        assert sparring.attack(net, x, y, text, "linf(0.1)").success.item(), text


def test_a_broken_sample_costs_nothing_more_and_a_hard_one_gets_all() -> None:
    """T24, T36: stopping is per sample, not on a statistic of the batch."""
    x = torch.tensor([0.5, 0.1]).view(2, 1)
    found = sparring.attack(
        around(0.6, 0.02), x, torch.tensor([0, 0]), Look((0.0, 0.1, 0.2, 0.3, 0.0, 0.0)), "linf(0.4)"
    )
    assert found.success.tolist() == [True, False]
    assert found.forwards.tolist() == [3, 7]
    assert found.backwards.tolist() == [0, 0]


def test_gradients_cost_one_of_each() -> None:
    """T36."""
    found = run(around(0.95, 0.01), (0.0, 0.1, 0.2))
    assert (found.forwards.item(), found.backwards.item()) == (4, 0)
    model = by_value(lambda v: torch.stack([v + 1, -v], 1))
    images = torch.full((1, 4), 0.5)
    found = sparring.attack(model, images, torch.tensor([0]), Look((0.0, 0.1, 0.2), slope=True), "linf(0.4)")
    assert (found.forwards.item(), found.backwards.item()) == (4, 3)


def test_without_early_stop_the_strongest_success_is_kept() -> None:
    model = by_value(lambda v: torch.stack([torch.full_like(v, 0.55), v], 1))
    offsets = (0.1, 0.3, 0.2)
    assert float(run(model, offsets).images.mean()) == pytest.approx(0.6)
    assert float(run(model, offsets, early_stop=False).images.mean()) == pytest.approx(0.8)


def test_a_minimal_attack_keeps_the_nearest_success_seen() -> None:
    model = by_value(lambda v: torch.stack([torch.full_like(v, 0.55), v], 1))
    found = run(model, (0.3, 0.1, 0.2, 0.05, 0.04), kind=LookNear, threat=None)
    assert found.distance.item() == pytest.approx(0.1, abs=1e-6)
    assert found.forwards.item() == 6


def test_a_finite_radius_on_a_minimal_attack_counts_only_what_lies_within() -> None:
    model = by_value(lambda v: torch.stack([torch.full_like(v, 0.55), v], 1))
    near = run(model, (0.3, 0.1), kind=LookNear, threat="linf(0.2)")
    far = run(model, (0.3, 0.25), kind=LookNear, threat="linf(0.2)")
    assert near.success.item()
    assert not far.success.item()
    assert far.distance.item() == float("inf")
    assert float(far.strongest.mean()) == pytest.approx(0.75)


def test_images_outside_the_ball_never_count() -> None:
    """T9: the attack asks for a pass outside; its success is not one, and it gets the original back as its best."""
    model = by_value(lambda v: torch.stack([torch.full_like(v, 0.55), v], 1))
    found = run(model, (0.3, 0.04), threat="linf(0.05)", early_stop=False)
    assert not found.success.item()
    assert float(found.strongest.mean()) == pytest.approx(0.5)


def test_strongest_is_the_image_closest_to_success() -> None:
    found = run(around(0.95, 0.01), (0.1, 0.3, 0.2))
    assert not found.success.item()
    assert float(found.strongest.mean()) == pytest.approx(0.8)
    assert torch.equal(found.images, torch.full((1, 1, 2, 2), 0.5))


@pytest.mark.parametrize("budget", [2, 3, 4, 5, 9])
@pytest.mark.parametrize("slope", [False, True])
def test_a_budget_ends_the_search_and_keeps_the_best_so_far(budget: int, slope: bool) -> None:
    """T37: exactly what fits is spent: 1 look at the original, then looks of 1 or 2 passes."""
    model = by_value(lambda v: torch.stack([torch.full_like(v, 0.85), v], 1))
    images = torch.full((2, 3), 0.5)
    script = Look((0.1, 0.2, 0.3, 0.4, 0.4), slope)
    found = sparring.attack(model, images, torch.tensor([0, 0]), script, "linf(0.4)", budget=budget)
    cost = 2 if slope else 1
    looks = min((budget - 1) // cost, 4)
    assert (found.forwards + found.backwards).tolist() == [1 + looks * cost] * 2
    assert found.success.tolist() == [looks >= 4] * 2


def test_memory_does_not_grow_with_the_steps() -> None:
    """T49: however many images were shown to the model, a handful is alive at any time."""
    alive: list[int] = []

    def model(x: Tensor) -> Tensor:
        alive.append(sum(type(thing) is Tensor and thing.shape == (2, 23) for thing in gc.get_objects()))
        v = x.flatten(1).mean(1)
        return torch.stack([v + 9, -v], 1)

    sparring.attack(model, torch.full((2, 23), 0.5), torch.tensor([0, 0]), "pgd(steps=12)", "linf(0.1)")
    assert len(alive) > 12
    assert max(alive) <= alive[3] + 2


def test_jacobian_gives_each_weighting_its_gradient_and_its_price() -> None:
    weight = torch.tensor([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0], [0.0, 0.0, 4.0]])
    seen: list[Tensor] = []

    @dataclass(frozen=True)
    class Rows(Look):
        def run(self, search: Search) -> None:
            logits, gradients = search.jacobian(search.x, torch.eye(3).expand(search.n, 3, 3))
            seen.extend([logits, gradients])

    x = torch.tensor([[0.9, 0.5, 0.5]])
    found = sparring.attack(lambda z: z @ weight.T, x, torch.tensor([0]), Rows(), "linf(0.1)")
    torch.testing.assert_close(seen[0], x @ weight.T)
    torch.testing.assert_close(seen[1][0], weight)
    assert (found.forwards.item(), found.backwards.item()) == (2, 3)


def test_a_block_among_some_samples_lets_the_others_wait() -> None:
    counts: list[int] = []

    def model(x: Tensor) -> Tensor:
        counts.append(len(x))
        return torch.stack([x[:, 0] + 5, -x[:, 0]], 1)

    @dataclass(frozen=True)
    class Halves(Look):
        def run(self, search: Search) -> None:
            with search.among(torch.tensor([True, False, False])):
                search.logits(search.x)
            search.logits(search.x)

    found = sparring.attack(model, torch.rand(3, 2), torch.zeros(3, dtype=torch.int64), Halves(), "linf(0.1)")
    assert counts == [3, 1, 3]
    assert found.forwards.tolist() == [3, 2, 2]


def test_non_finite_gradients_are_silenced_and_told() -> None:
    """T4, T11: sqrt at 0 has slope inf; the attack gets zeros there, and the user a warning."""
    x = torch.tensor([[0.0, 0.5]])
    model = lambda z: torch.stack([5 + 0 * z[:, 0], z.sqrt().sum(1)], 1)  # noqa: E731
    with pytest.warns(sparring.errors.SparringWarning, match="zero or not finite for 1"):
        found = sparring.attack(model, x, torch.tensor([0]), "bim(steps=3)", "linf(0.1)")
    assert found.flat.item()
    assert bool(torch.isfinite(found.strongest).all())


@dataclass(frozen=True)
class LookThrough(Look):
    """Ask for the slope at each offset through a view: the image at half its brightness."""

    def run(self, search: Search) -> None:
        for offset in self.offsets:
            _, _, slope = search.look(search.x + offset, ce, view=lambda x: x / 2)
            slopes.append(slope)


slopes: list[Tensor] = []


def test_through_a_view_the_slope_is_the_images_own_and_nothing_is_judged() -> None:
    """Seen at half brightness 0.76 is class 1, which 0.76 itself is not; the pass is counted all the same."""
    slopes.clear()
    found = run(around(0.4, 0.05), (0.26,), kind=LookThrough)
    assert not found.success.any()
    assert found.forwards.tolist() == [2]
    assert found.backwards.tolist() == [1]
    straight: list[Tensor] = []

    @dataclass(frozen=True)
    class LookAtHalf(Look):
        def run(self, search: Search) -> None:
            straight.append(search.gradient((search.x + 0.26) / 2, ce)[1])

    run(around(0.4, 0.05), (0.0,), kind=LookAtHalf)
    torch.testing.assert_close(slopes[0], straight[0] / 2)
    assert slopes[0].abs().max() > 0
