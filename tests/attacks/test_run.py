"""The verb `attack`: what it promises of its figures, and of the model, generators and tensors it was lent."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.attacks import Adversarials, Attack
from sparring.attacks._search import Search
from sparring.errors import InputError, SparringWarning

D = 6


def linear(classes: int = 3, seed: int = 0) -> nn.Linear:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Linear(D, classes)


def data(net: Callable[[Tensor], Tensor], n: int = 16, seed: int = 1) -> tuple[Tensor, Tensor]:
    x = torch.rand(n, D, generator=torch.Generator().manual_seed(seed))
    return x, net(x).argmax(1)


def same(a: Adversarials, b: Adversarials, rows: Tensor | slice = slice(None)) -> None:
    assert torch.equal(a.success, b.success[rows])
    assert torch.equal(a.forwards, b.forwards[rows])
    assert torch.equal(a.backwards, b.backwards[rows])
    torch.testing.assert_close(a.images, b.images[rows], rtol=0, atol=1e-6)
    torch.testing.assert_close(a.distance, b.distance[rows], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("text", ["pgd(steps=8, restarts=2)", "bim(steps=8, step_size=0.02)", "fgsm"])
@pytest.mark.parametrize("threat", ["linf(0.1)", "l2(0.2)", "l1(0.3)", "l0(1)"])
def test_batch_size_and_order_do_not_matter(text: str, threat: str) -> None:
    """T6, T31: nothing is averaged over a batch, and each sample brings its own random numbers."""
    net = linear()
    x, y = data(net)
    whole = sparring.attack(net, x, y, text, threat, seed=3)
    assert 0 < whole.success.sum() < len(x) + (threat == "l0(1)"), "the example must have both outcomes"
    same(sparring.attack(net, x, y, text, threat, seed=3, batch_size=1), whole)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    same(sparring.attack(net, x[order], y[order], text, threat, seed=3, batch_size=5), whole, order)


def test_the_ledger_does_not_depend_on_order_with_a_twin(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    """T31: what the twin's check costs is nobody's; the same samples cost the same wherever they stand."""
    net, x, y = digits_net
    x, y = x[:24], y[:24]
    whole = sparring.attack(net, x, y, "pgd(steps=4)", "linf(0.2)", early_stop=False)
    turned = sparring.attack(net, x.flip(0), y.flip(0), "pgd(steps=4)", "linf(0.2)", early_stop=False)
    assert whole.checks > 0
    assert bool((whole.backwards == whole.backwards[0]).all())
    assert torch.equal(turned.backwards.flip(0), whole.backwards)


def test_seeds_decide_the_draws() -> None:
    net = linear()
    x, y = data(net)
    a, b, c = (sparring.attack(net, x, y, "pgd(steps=1)", "linf(0.05)", seed=seed) for seed in (0, 0, 1))
    assert torch.equal(a.strongest, b.strongest)
    assert not torch.equal(a.strongest, c.strongest)


def test_one_sample_does_not_leak_into_another() -> None:
    """T35: with image 3 replaced, every other row is bit for bit the same."""
    net = linear()
    x, y = data(net)
    other = x.clone()
    other[3] = 1 - other[3]
    for text in ("pgd(steps=6)", "bim"):
        before = sparring.attack(net, x, y, text, "l2(0.3)", early_stop=False)
        after = sparring.attack(net, other, y, text, "l2(0.3)", early_stop=False)
        keep = torch.arange(len(x)) != 3
        assert torch.equal(before.images[keep], after.images[keep])
        assert torch.equal(before.strongest[keep], after.strongest[keep])


def test_already_wrong_images_are_successes_at_distance_0_and_cost_one_look() -> None:
    """T21, T50: in robust accuracy they count, in the attack's success rate they do not."""
    net = linear()
    x, y = data(net)
    y = y.clone()
    y[:4] = (y[:4] + 1) % 3
    found = sparring.attack(net, x, y, "fgsm", "linf(1e-4)")
    assert found.success.tolist() == [True] * 4 + [False] * 12
    assert found.distance[:4].tolist() == [0.0] * 4
    assert torch.equal(found.images, x)
    assert found.clean_correct.tolist() == [False] * 4 + [True] * 12
    assert found.forwards[:4].tolist() == [1] * 4
    assert found.backwards[:4].tolist() == [0] * 4
    assert found.success_rate == 0.0
    assert found.robust_accuracy == 12 / 16


def test_failures_are_the_original_at_infinite_distance() -> None:
    """T22."""
    net = linear()
    x, y = data(net)
    found = sparring.attack(net, x, y, "pgd(steps=3)", "linf(1e-5)")
    assert not bool(found.success.any())
    assert torch.equal(found.images, x)
    assert found.distance.tolist() == [math.inf] * len(x)
    torch.testing.assert_close(found.logits, found.logits_before)


def test_success_rate_of_no_correct_sample_is_not_a_number() -> None:
    net = linear()
    x, y = data(net)
    assert math.isnan(sparring.attack(net, x, (y + 1) % 3, "fgsm", "linf(0.1)").success_rate)


def test_targets_are_reached_in_the_right_direction() -> None:
    """T34: for each of the other classes, on a linear model with room enough."""
    net = linear()
    x, y = data(net)
    for shift in (1, 2):
        targets = (y + shift) % 3
        for text in ("fgsm", "bim", "pgd"):
            found = sparring.attack(net, x, y, text, "linf(30, bounds=(-30, 30))", targets=targets)
            assert bool(found.success.all())
            assert torch.equal(net(found.images).argmax(1), targets)
            assert torch.equal(found.logits.argmax(1), targets)


def test_one_target_for_all_finds_those_already_there_done() -> None:
    """T21 for targets: an image the model already gives the target is a success at distance 0."""
    net = linear()
    x, y = data(net)
    wrong = torch.where(y == 1, 0, y)
    found = sparring.attack(net, x, wrong, "pgd", "linf(1)", targets=1)
    assert torch.equal(found.clean_correct, y != 1)
    assert found.distance[y == 1].tolist() == [0.0] * int((y == 1).sum())
    assert bool(found.success.all())


def test_without_labels_the_model_own_answers_are_attacked() -> None:
    net = linear()
    x, y = data(net)
    found = sparring.attack(net, x, None, "pgd", "linf(0.3)")
    assert torch.equal(found.labels, y)
    assert bool(found.clean_correct.all())


class Counted(nn.Module):
    """A model that counts image passes in both directions, its copies with it."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.count = {"forward": 0, "backward": 0}

    def __deepcopy__(self, memo: dict[int, object]) -> Counted:
        import copy

        twin = Counted(copy.deepcopy(self.body, memo))
        twin.count = self.count
        return twin

    def forward(self, x: Tensor) -> Tensor:
        self.count["forward"] += len(x)
        logits: Tensor = self.body(x)
        if logits.requires_grad:
            logits.register_hook(self.back)
        return logits

    def back(self, slope: Tensor) -> None:
        self.count["backward"] += len(slope)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("text", ["pgd(steps=5)", "fgsm", "bim(steps=4)"])
@pytest.mark.parametrize("early_stop", [False, True])
def test_the_ledger_is_what_the_model_saw(
    digits_net: tuple[nn.Module, Tensor, Tensor], fast: bool, text: str, early_stop: bool
) -> None:
    """T36: with a twin and without, per sample and in all."""
    net, x, y = digits_net
    model = Counted(net)
    found = sparring.attack(model, x[:20], y[:20], text, "linf(0.15)", fast=fast, early_stop=early_stop, batch_size=7)
    assert (found.checks > 0) == fast
    assert sum(model.count.values()) == int((found.forwards + found.backwards).sum()) + found.checks
    if not fast:
        assert model.count["backward"] == int(found.backwards.sum())


def test_a_twin_made_before_is_not_paid_for_again(digits_net: tuple[nn.Module, Tensor, Tensor]) -> None:
    net, x, y = digits_net
    victim = sparring.victims.torch.TorchVictim(net)
    assert sparring.attack(victim, x[:9], y[:9], "fgsm", "linf(0.1)").checks > 0
    assert sparring.attack(victim, x[:9], y[:9], "fgsm", "linf(0.1)").checks == 0


def test_logits_are_the_model_own_answer_to_the_images_handed_back(
    digits_net: tuple[nn.Module, Tensor, Tensor],
) -> None:
    """T20: re-evaluated by the user, whatever the batch size, every success stands."""
    net, x, y = digits_net
    for fast in (False, True):
        found = sparring.attack(net, x, y, "pgd(steps=10)", "linf(0.08)", fast=fast)
        assert 0.1 < float(found.success.double().mean()) < 1
        again = torch.cat([net(part) for part in found.images.split(32)])
        torch.testing.assert_close(found.logits, again, rtol=1e-4, atol=1e-4)
        assert torch.equal(again.argmax(1) != y, found.success)


def test_batch_norm_in_train_mode_is_told_and_left_as_found() -> None:
    """T27, T28: statistics unchanged, the modes put back module by module, the figure that of eval mode."""
    net = nn.Sequential(nn.Linear(D, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, 3))
    net.train()
    net[0].eval()
    state = {name: value.clone() for name, value in net.state_dict().items()}
    modes = [module.training for module in net.modules()]
    x = torch.rand(8, D)
    with pytest.warns(SparringWarning, match="expected a model in eval mode, got 2 active layers such as BatchNorm1d"):
        found = sparring.attack(net, x, None, "pgd(steps=3)", "linf(0.1)")
    assert [module.training for module in net.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    net.eval()
    same(sparring.attack(net, x, None, "pgd(steps=3)", "linf(0.1)"), found)


def test_gradients_and_flags_of_the_weights_are_left_as_found() -> None:
    """T29: also a gradient that lay there before, also after an error."""
    net = nn.Sequential(nn.Linear(D, 16), nn.Tanh(), nn.Linear(16, 3))
    net[0].weight.requires_grad_(False)
    net[2].bias.grad = torch.full((3,), 7.0)
    flags = [p.requires_grad for p in net.parameters()]
    x, y = data(net)
    sparring.attack(net, x, y, "pgd(steps=3)", "linf(0.1)")
    with pytest.raises(InputError):
        sparring.attack(net, x, y + 5, "pgd(steps=3)", "linf(0.1)")
    assert [p.requires_grad for p in net.parameters()] == flags
    assert [p.grad is None for p in net.parameters()] == [True, True, True, False]
    assert net[2].bias.grad.tolist() == [7.0] * 3


def test_the_global_generator_is_left_as_found() -> None:
    """T30: although this model draws from it at every pass."""
    net = linear()
    x, y = data(net)
    state = torch.get_rng_state()
    sparring.attack(lambda z: net(z) + 1e-3 * torch.randn(len(z), 3), x, y, "pgd(steps=3)", "linf(0.1)")
    assert torch.equal(torch.get_rng_state(), state)


def test_the_user_tensors_are_left_as_found_even_by_a_model_that_works_in_place() -> None:
    net = linear()
    x, _y = data(net)
    before = x.clone()

    def model(z: Tensor) -> Tensor:
        z.sub_(0.5).mul_(2)
        return net(z)

    found = sparring.attack(model, x, None, "pgd(steps=5)", "linf(0.1)")
    assert torch.equal(x, before)
    same(found, sparring.attack(lambda z: net((z - 0.5) * 2), x, None, "pgd(steps=5)", "linf(0.1)"))


def test_any_grad_mode_around_the_call_gives_the_same_and_no_graph() -> None:
    net = linear()
    x, y = data(net)
    plain = sparring.attack(net, x, y, "pgd(steps=5)", "linf(0.1)")
    with torch.no_grad():
        same(sparring.attack(net, x, y, "pgd(steps=5)", "linf(0.1)"), plain)
    with torch.inference_mode():
        same(sparring.attack(net, x.clone(), y.clone(), "pgd(steps=5)", "linf(0.1)"), plain)
    graph = sparring.attack(net, (x.requires_grad_(True) * 1.0), y, "pgd(steps=5)", "linf(0.1)")
    assert not graph.images.requires_grad
    assert not graph.logits.requires_grad
    same(graph, plain)


@pytest.mark.parametrize("text", ["pgd(steps=7, random_start=False)", "fgsm"])
def test_normalization_inside_the_model_or_outside_in_bounds_and_eps(text: str) -> None:
    """T15: the same attack on f∘normalize over [0, 1] and on f with bounds and ε per channel."""
    mean, std = torch.tensor([0.4, 0.5, 0.3]).view(1, 3, 1, 1), torch.tensor([0.2, 0.25, 0.5]).view(1, 3, 1, 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))
    x = torch.rand(12, 3, 4, 4, generator=torch.Generator().manual_seed(0)).round(decimals=1)
    y = net((x - mean) / std).argmax(1)
    inside = sparring.attack(lambda z: net((z - mean) / std), x, y, text, "linf(0.05)", early_stop=False)
    low, high = (tuple(((v - mean) / std).flatten().double().tolist()) for v in (0.0, 1.0))
    eps = tuple((0.05 / std).flatten().double().tolist())
    threat = sparring.threats.linf.Linf(eps, (low, high))
    outside = sparring.attack(net, (x - mean) / std, y, text, threat, early_stop=False, fast=False)
    assert torch.equal(inside.success, outside.success)
    assert 0 < int(inside.success.sum()) < 12
    torch.testing.assert_close(outside.strongest * std + mean, inside.strongest, rtol=0, atol=2e-6)


def test_scaled_logits_blind_cross_entropy_but_not_the_margin() -> None:
    """T4: ×1,000 the margin breaks the same samples; cross-entropy meets zero gradients and says so."""
    net = linear()
    x, y = data(net, 40)
    want = sparring.attack(net, x, y, "pgd(loss=margin, steps=10)", "linf(0.1)").success
    assert 0 < int(want.sum()) < 40
    for loss in ("margin", "dlr"):
        found = sparring.attack(lambda z: 1000 * net(z), x, y, f"pgd(loss={loss}, steps=10)", "linf(0.1)")
        assert torch.equal(found.success, want)
    with pytest.warns(SparringWarning, match="exactly zero"):
        blind = sparring.attack(lambda z: 1e4 * net(z), x, y, "pgd(loss=ce, steps=10)", "linf(0.1)")
    assert bool(blind.flat.any())


def test_probabilities_are_refused_and_weaker_when_forced() -> None:
    """T3: softmax outputs taken as logits; the cross-entropy of a cross-entropy saturates."""
    net = linear()
    x, y = data(net, 40)
    model = lambda z: (1e4 * net(z)).softmax(1)  # noqa: E731
    with pytest.raises(InputError, match="expected logits, got probabilities"):
        sparring.attack(model, x, y, "pgd(steps=10)", "linf(0.1)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SparringWarning)
        forced = sparring.attack(model, x, y, "bim(steps=10)", "linf(0.1)", allow_probabilities=True)
    honest = sparring.attack(net, x, y, "bim(steps=10)", "linf(0.1)")
    assert forced.success.sum() < honest.success.sum()


def test_logits_that_look_like_probabilities_by_chance_pass() -> None:
    """T3: a black image at a model whose biases sum to 1, and one bright enough to."""
    net = nn.Linear(2, 2)
    with torch.no_grad():
        net.weight.copy_(torch.eye(2))
        net.bias.copy_(torch.tensor([0.6, 0.4]))
    assert len(sparring.attack(net, torch.zeros(1, 2), None, "fgsm", "linf(0.3)")) == 1


def test_progress_is_told_batch_by_batch() -> None:
    net = linear()
    x, y = data(net)
    told: list[tuple[int, int]] = []
    found = sparring.attack(
        net, x, y, "pgd", "linf(0.1)", batch_size=6, progress=lambda done, broken: told.append((done, broken))
    )
    assert [done for done, _ in told] == [6, 6, 4]
    assert sum(broken for _, broken in told) == int(found.success.sum())


@pytest.mark.parametrize("budget", [2, 3, 4, 7, 12, 50])
@pytest.mark.parametrize("fast", [False, True])
def test_a_budget_is_never_exceeded(digits_net: tuple[nn.Module, Tensor, Tensor], budget: int, fast: bool) -> None:
    """T37: confirmations and the answer at the end included, with a twin too."""
    net, x, y = digits_net
    for early_stop in (False, True):
        found = sparring.attack(
            net, x[:30], y[:30], "pgd(steps=20)", "linf(0.2)", fast=fast, budget=budget, early_stop=early_stop
        )
        spent = found.forwards + found.backwards
        assert int(spent.max()) <= budget
        assert int(spent[~found.success].min()) >= min(budget, 42) - 2 if bool((~found.success).any()) else True
        assert torch.equal(net(found.images).argmax(1) != y[:30], found.success)


def test_an_attack_that_leaves_the_threat_is_not_believed() -> None:
    """T9: the driver asserts it, not the attack."""

    @dataclass(frozen=True)
    class Far(Attack):
        def passes(self, classes: int) -> int:
            return 1

        def run(self, search: Search) -> None:
            search.logits(1 - search.x.round())

    net = linear()
    x, y = data(net)
    assert not bool(sparring.attack(net, x, y, Far(), "linf(0.01)").success.any())


def test_float64_stays_float64() -> None:
    net = linear()
    x, y = data(net)
    net.double()
    found = sparring.attack(net, x.double(), y, "pgd", "linf(0.3)")
    assert found.images.dtype == found.logits.dtype == torch.float64
    assert int(found.success.sum()) > 0
