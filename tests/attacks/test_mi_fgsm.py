"""Momentum and its company against closed forms: the corner, three steps by hand, means over scales, own draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks._views import blurred
from sparring.attacks.mi_fgsm import MIFGSM
from sparring.errors import InputError
from sparring.testing import check_attack

EVERYTHING = "mi_fgsm(steps=4, nesterov=True, diversity=0.7, smallest=0.6, kernel=3, scales=2)"


def strongest(problem: Any, text: str, threat: str = "linf(0.1)", **options: Any) -> Tensor:
    """The image that an attack ends with; nothing is twinned, so that every look is at the model itself."""
    return sparring.attack(
        problem.net, problem.x, problem.y, text, threat, early_stop=False, fast=False, **options
    ).strongest


@pytest.mark.parametrize("biting", [pytest.param(False, marks=pytest.mark.slow), True])
@pytest.mark.parametrize("text", ["mi_fgsm", "mi_fgsm(nesterov=True)", "mi_fgsm(momentum=0)", "mi_fgsm(scales=3)"])
def test_on_a_linear_model_it_is_the_corner_of_fgsm(linear: Callable[..., Any], biting: bool, text: str) -> None:
    problem = linear(2, biting=biting)
    torch.testing.assert_close(strongest(problem, text), strongest(problem, "fgsm"), atol=1e-6, rtol=0)


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "l0"])
def test_in_any_norm_it_reaches_95_percent_of_what_can_be(linear: Callable[..., Any], norm: str) -> None:
    eps = {"linf": 0.1, "l2": 0.5, "l1": 1.2, "l0": 4}[norm]
    problem = linear(2, biting=False)
    gained = problem.gained(strongest(problem, "mi_fgsm(step_size=%s)" % (eps / 5), f"{norm}({eps})"))
    assert (gained / problem.reachable(norm, eps) > 0.95).all()


class Valleys(nn.Module):
    """Class 0 loses what a curved function of two pixels gains, from far ahead: slopes differ from step to step."""

    def forward(self, x: Tensor) -> Tensor:
        a, b = x[:, 0], x[:, 1]
        return torch.stack([5 - (3 * a - 4 * a**2 + b), torch.zeros_like(a)], 1)


def test_three_steps_by_hand() -> None:
    """With the margin as loss: L = 3a − 4a² + b (the other class less the label), its slope (3 − 8a, 1).

    a = 0.3, α = 0.1, μ = 1. Step 1: (0.6, 1) / 1.6, both up: a = 0.4. Step 2: (−0.2, 1) / 1.2 = (−0.1667, 0.8333)
    added to (0.375, 0.625) is still up: a = 0.5, where plain steps would turn. Step 3: (−1, 1) / 2 added to
    (0.2083, 1.4583) is down: a = 0.4.
    """
    x, y = torch.tensor([[0.3, 0.3]]), torch.tensor([0])
    seen: list[Tensor] = []

    class Watched(Valleys):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x.detach().clone())
            return super().forward(x)

    text = "mi_fgsm(steps=3, step_size=0.1, loss=margin, momentum={})"
    sparring.attack(Watched(), x, y, text.format(1.0), "linf(0.4)", early_stop=False, fast=False)
    path = torch.cat(seen)[-5:-1]  # the last of all is the strongest once more, to confirm it
    torch.testing.assert_close(path[:, 0], torch.tensor([0.3, 0.4, 0.5, 0.4]))
    torch.testing.assert_close(path[:, 1], torch.tensor([0.3, 0.4, 0.5, 0.6]))
    seen.clear()
    sparring.attack(Watched(), x, y, text.format(0.0), "linf(0.4)", early_stop=False, fast=False)
    torch.testing.assert_close(torch.cat(seen)[-5:-1, 0], torch.tensor([0.3, 0.4, 0.3, 0.4]))


def test_nesterov_looks_one_step_ahead() -> None:
    """From a = 0.3 the second look is at 0.4 + μ α = 0.45, which is farther past the top at 3/8."""
    seen: list[float] = []

    class Watched(Valleys):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(round(float(x.detach()[0, 0]), 4))
            return super().forward(x)

    x, y = torch.tensor([[0.3, 0.3]]), torch.tensor([0])
    text = "mi_fgsm(steps=2, step_size=0.1, loss=margin, momentum=0.5, nesterov=True)"
    sparring.attack(Watched(), x, y, text, "linf(0.4)", early_stop=False, fast=False)
    # Ahead at 0.45 the slope is −0.6, of (−0.6, 1) / 1.6: added to half of 0.375 that is −0.1875, down.
    assert seen[-4:-1] == [0.3, 0.45, 0.3]


def test_what_does_nothing_changes_nothing(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """A kernel of one pixel, no chance of diversity, one scale; and pictures that never shrink."""
    net, x, y = digits_net
    plain, empty, full = (
        sparring.attack(net, x[:20], y[:20], text, "linf(0.1)", early_stop=False, fast=False).strongest
        for text in (
            "mi_fgsm(steps=4)",
            "mi_fgsm(steps=4, kernel=1, diversity=0, smallest=0.5, scales=1)",
            "mi_fgsm(steps=4, diversity=1, smallest=1)",
        )
    )
    assert torch.equal(plain, empty)
    # The last image alone is judged there, so only where it was the strongest of the plain run are both the same.
    assert (plain - full).abs().flatten(1).amax(1).lt(1e-5).double().mean() > 0.8


def test_scales_give_the_mean_slope_over_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of z ↦ w z² the slope at x is 2 w x, and of its copy at x / 2^i it is 2 w x / 4^i."""
    slopes: list[Tensor] = []

    def spy(gradient: Tensor, side: int) -> Tensor:
        slopes.append(gradient.clone())
        return blurred(gradient, side)

    monkeypatch.setattr("sparring.attacks.mi_fgsm.blurred", spy)
    w = torch.tensor([0.5, -2.0, 1.0])

    def squares(x: Tensor) -> Tensor:
        total = (w * x**2).sum(1)
        return torch.stack([9 - total, torch.zeros_like(total)], 1)

    x = torch.tensor([[0.4, 0.1, 0.3]])
    sparring.attack(
        squares, x, torch.tensor([0]), "mi_fgsm(steps=1, scales=3, loss=margin)", "linf(0.1)", early_stop=False
    )
    # The mean over the three is the same but for a factor that the length takes out.
    torch.testing.assert_close(slopes[0], 2 * w * x * (1 + 1 / 4 + 1 / 16))


def test_black_is_the_lowest_value_of_the_box(linear: Callable[..., Any]) -> None:
    """T15: in [−1, 1] the half of an image lies between it and −1."""
    seen: list[Tensor] = []
    problem = linear(2, bounds=(-1.0, 1.0))

    def watched(x: Tensor) -> Tensor:
        seen.append(x.detach().clone())
        return problem.net(x)  # type: ignore[no-any-return]

    threat = "linf(0.1, bounds=(-1, 1))"
    sparring.attack(watched, problem.x, problem.y, "mi_fgsm(steps=1, scales=2)", threat, early_stop=False, fast=False)
    torch.testing.assert_close(seen[-3], -1 + (problem.x + 1) / 2)


def test_the_kernel_is_a_gaussian_that_keeps_the_sum() -> None:
    spot = torch.zeros(1, 2, 9, 9, dtype=torch.float64)
    spot[0, 0, 4, 4] = 1
    seen = blurred(spot, 5)
    assert float(seen[0, 0].sum()) == pytest.approx(1)
    assert not seen[0, 1].any()
    # k = 2, σ² = 4/3: one pixel away e^(−1/2σ²) = e^(−3/8), two away e^(−3/2); nothing further.
    ratio = seen[0, 0, 4] / seen[0, 0, 4, 4]
    wanted = torch.tensor([0, 0, -1.5, -0.375, 0, -0.375, -1.5, 0, 0]).double().exp()
    wanted[[0, 1, 7, 8]] = 0
    torch.testing.assert_close(ratio, wanted)
    assert torch.equal(blurred(spot, 1), spot)


def test_every_image_has_draws_of_its_own(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T31: alone, in another order, or in batches of 3, and not the same with another seed."""
    net, x, y = digits_net
    x, y = x[:7], y[:7]

    def run(rows: Tensor, seed: int = 0, batch_size: int | None = None) -> Tensor:
        return sparring.attack(
            net, x[rows], y[rows], EVERYTHING, "linf(0.2)", seed=seed, batch_size=batch_size, early_stop=False,
            fast=False,
        ).strongest  # fmt: skip

    all_, order = torch.arange(7), torch.tensor([3, 0, 6, 5, 1, 2, 4])
    whole = run(all_)
    torch.testing.assert_close(run(order), whole[order], atol=1e-5, rtol=0)
    torch.testing.assert_close(run(all_, batch_size=3), whole, atol=1e-5, rtol=0)
    torch.testing.assert_close(run(all_[2:3]), whole[2:3], atol=1e-5, rtol=0)
    assert (run(all_, seed=1) - whole).abs().max() > 0.05


def test_only_images_shown_as_they_are_are_judged(linear: Callable[..., Any]) -> None:
    """A view that fools the model is no success: with every look diverse, the last image alone can be one."""
    problem = linear(2, shape=(1, 4, 4))
    eps = 1.05 * float(problem.nearest("linf").max())
    text = "mi_fgsm(steps=6, diversity=1, smallest=0.9)"
    found = sparring.attack(problem.net, problem.x, problem.y, text, f"linf({eps})", fast=False)
    assert (found.forwards == 1 + 6 + 1).all()
    assert (found.backwards == 6).all()
    plain = sparring.attack(problem.net, problem.x, problem.y, "mi_fgsm(steps=6)", f"linf({eps})", fast=False)
    assert plain.success.all()
    assert (plain.backwards < 6).any()


def test_it_keeps_the_contract_with_everything_on() -> None:
    check_attack(sparring.parse(EVERYTHING), norms=["linf", "l2"])


def test_cost_is_what_it_says(linear: Callable[..., Any]) -> None:
    """A look before, and one to confirm the strongest at the end, are not its own."""
    problem = linear(2)
    found = sparring.attack(
        problem.net, problem.x, problem.y, "mi_fgsm(steps=3, scales=4)", "linf(0.001)", fast=False, early_stop=False
    )
    assert (found.forwards + found.backwards == 1 + MIFGSM(steps=3, scales=4).passes(2) + 1).all()


@pytest.mark.parametrize(
    "text",
    [
        "mi_fgsm(steps=0)", "mi_fgsm(step_size=0)", "mi_fgsm(momentum=-1)", "mi_fgsm(diversity=1.5)",
        "mi_fgsm(smallest=0)", "mi_fgsm(kernel=4)", "mi_fgsm(scales=0)", "mi_fgsm(loss=mse)",
    ],
)  # fmt: skip
def test_bad_fields(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(text)


@pytest.mark.parametrize("text", ["mi_fgsm(diversity=0.5)", "mi_fgsm(kernel=3)"])
def test_features_cannot_be_shrunk_or_blurred(linear: Callable[..., Any], text: str) -> None:
    problem = linear(2, shape=(16,))
    with pytest.raises(InputError, match=r"expected images .* got .*: leave both out"):
        sparring.attack(problem.net, problem.x, problem.y, text, "linf(0.1)")
    assert sparring.attack(problem.net, problem.x, problem.y, "mi_fgsm(scales=2)", "linf(0.5)").success.any()
