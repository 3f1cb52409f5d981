"""A detector on late activations: what it sees, what it refuses, and that the joint attack gets through it."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import sparring
from sparring.core.twin import fast_twin
from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.guards import Rejecting
from sparring.guards._activations import count_activations, leads, look, pooled
from sparring.guards._kernel import Codes, Machine
from sparring.guards.safetynet import SafetyNet
from sparring.models import Trainable, fit
from sparring.registry import parse_as


@pytest.fixture(scope="module")
def parts() -> tuple[nn.Module, Dataset, Dataset, Dataset]:
    """A small net on digits, with images to fit on, to calibrate on, and to judge by, none of which it has seen."""
    data = load_data("digits")
    kind = torch.arange(len(data)) % 4
    net = parse_as(Trainable, "cnn(width=8)").build(data.shape, 10, seed=0)
    assert data.labels is not None
    cut = [Dataset(data.pixels[kind == each], data.labels[kind == each], data.classes) for each in range(4)]
    fit(net, cut[0], epochs=12, seed=0)
    return net, cut[1], cut[2], cut[3]


@pytest.fixture(scope="module")
def guarded(parts: tuple[nn.Module, Dataset, Dataset, Dataset]) -> Rejecting:
    net, train, calibration, _ = parts
    model = SafetyNet().fit(net, train, calibration)
    assert isinstance(model, Rejecting)
    return model


def refused(model: nn.Module, x: Tensor) -> Tensor:
    answer: Tensor = model(x).argmax(1)
    return answer == 10


def test_what_was_made_without_knowledge_of_it_is_refused_and_clean_images_are_not(
    parts: tuple[nn.Module, Dataset, Dataset, Dataset], guarded: Rejecting
) -> None:
    """Attacks and strengths that it was not fitted on among them."""
    net, _, _, test = parts
    x, y = test.take()
    assert float(refused(guarded, x).double().mean()) <= 0.09
    for text, threat, least in (
        ("fgsm", "linf(0.1)", 0.7),
        ("fgsm", "linf(0.2)", 0.9),
        ("deepfool", "l2(inf)", 0.85),
        ("deepfool", "linf(inf)", 0.9),
        ("pgd(steps=10)", "linf(0.1)", 0.9),
    ):
        found = sparring.attack(net, x[:200], y[:200], text, threat)
        fools = found.success & found.clean_correct
        assert float(refused(guarded, found.images[fools]).double().mean()) >= least, (text, threat)


def test_who_knows_of_it_gets_through_both(
    parts: tuple[nn.Module, Dataset, Dataset, Dataset], guarded: Rejecting
) -> None:
    x, y = parts[3].take(slice(0, 100))
    found = sparring.attack(guarded, x, y, "apgd(steps=40, loss='margin')", "linf(0.2)")
    answer = guarded(found.images).argmax(1)
    won = found.success & found.clean_correct
    assert found.success_rate >= 0.9
    assert bool(((answer != y) & (answer != 10))[won].all())


def test_the_logits_are_the_classifiers_own_and_one_more(
    parts: tuple[nn.Module, Dataset, Dataset, Dataset], guarded: Rejecting
) -> None:
    net, x = parts[0], parts[3].images(slice(0, 50))
    answer = guarded(x)
    assert torch.equal(answer[:, :10], net(x))
    _, score = guarded.judge(x)
    assert torch.equal(answer.argmax(1) == 10, score > guarded.threshold)


def test_a_saved_state_gives_the_same_model_back(
    parts: tuple[nn.Module, Dataset, Dataset, Dataset], guarded: Rejecting
) -> None:
    x = parts[3].images(slice(0, 50))
    again = SafetyNet().restore(copy.deepcopy(parts[0]), guarded.state_dict())
    assert torch.equal(again(x), guarded(x))


def test_a_twin_of_it_is_a_copy(parts: tuple[nn.Module, Dataset, Dataset, Dataset], guarded: Rejecting) -> None:
    """Nothing in the copy looks back at the original's net."""
    x = parts[3].images(slice(0, 8))
    twin, _ = fast_twin(guarded, x, guarded(x), exact=True)
    assert isinstance(twin, nn.Module)
    assert twin is not guarded
    assert torch.allclose(twin(x), guarded(x), atol=1e-3 * float(guarded(x).abs().amax()))
    before = guarded(x)
    with torch.no_grad():
        for weight in twin.parameters():
            weight.zero_()
    assert torch.equal(guarded(x), before)


def test_a_classifier_without_activations_is_refused() -> None:
    data = Dataset(torch.rand(20, 4), torch.zeros(20, dtype=torch.int64))
    with pytest.raises(InputError, match="activations such as ReLU, got none in Linear"):
        SafetyNet().fit(nn.Linear(4, 2), data, data)


def test_a_classifier_that_nothing_fools_gives_nothing_to_learn_from() -> None:
    last = nn.Linear(4, 2)
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), last)
    with torch.no_grad():
        last.weight.mul_(1e-3)
        last.bias.copy_(torch.tensor([100.0, 0.0]))
    data = Dataset(torch.rand(40, 4), torch.zeros(40, dtype=torch.int64))
    with pytest.raises(InputError, match="at least 10 adversarial images to learn from, got 0"):
        SafetyNet(attacks=(("fgsm", "linf(0.01)"),)).fit(net, data, data)


@pytest.mark.parametrize(
    "text", ["false_alarms=0", "false_alarms=1", "layers=0", "levels=1", "samples=1", "attacks=[]", "cost=0"]
)
def test_fields_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected"):
        sparring.parse(f"safetynet({text})")


class Functional(nn.Module):
    """Activations as plain functions, one of them in place and written over afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Linear(6, 300), nn.Linear(300, 5), nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.relu_(self.first(x.flatten(1)))
        out = F.gelu(self.second(h))
        h.add_(100)
        logits: Tensor = self.last(out.tanh())
        return logits


def test_activations_are_found_in_functions_and_taken_before_they_are_written_over() -> None:
    net, x = Functional(), torch.rand(4, 1, 2, 3)
    assert count_activations(net, x) == 3
    logits, units = look(net, x, (0, 1))
    assert torch.equal(logits, net(x))
    assert units.shape == (4, 256 + 5)
    assert bool((units[:, :256] < 50).all())
    assert torch.equal(units[:, 256:], F.gelu(net.second(torch.relu(net.first(x.flatten(1))))))


def test_maps_and_tokens_are_pooled_to_their_channels() -> None:
    assert torch.equal(pooled(torch.ones(2, 3, 4, 5)), torch.ones(2, 3))
    assert pooled(torch.rand(2, 7, 11)).shape == (2, 11)
    assert pooled(torch.rand(2, 999)).shape == (2, 256)


def test_leads_exist_for_two_classes_too() -> None:
    assert torch.allclose(leads(torch.tensor([[3.0, 1.0]]))[:, 0], torch.tensor([2.0]))
    assert leads(torch.rand(5, 2)).shape == (5, 2)
    assert leads(torch.rand(5, 7)).shape == (5, 3)


def test_codes_are_exact_shares_with_the_slope_of_something_smooth() -> None:
    values = torch.arange(101.0)[:, None]
    codes = Codes.fitted(values, 4)
    assert codes.edges[:, 0].tolist() == [25.0, 50.0, 75.0]
    x = torch.tensor([[0.0], [25.0], [30.0], [80.0]], requires_grad=True)
    out = codes(x)
    assert out[:, 0].tolist() == pytest.approx([0.0, 0.0, 1 / 3, 1.0])
    (slope,) = torch.autograd.grad(out.sum(), x)
    assert bool((slope > 0).all())
    away = (x.detach() - codes.edges.T).abs() / codes.width
    assert torch.allclose(slope, (0.25 * (1 + away) ** -1.5).mean(1, keepdim=True) / codes.width)
    far = torch.tensor([[1e4]], requires_grad=True)
    (slope,) = torch.autograd.grad(codes(far).sum(), far)
    assert float(slope) > 1e-8  # a way back from far outside


def test_a_unit_that_never_varies_does_no_harm() -> None:
    codes = Codes.fitted(torch.zeros(50, 1), 8)
    x = torch.tensor([[0.0], [1.0]], requires_grad=True)
    (slope,) = torch.autograd.grad(codes(x).sum(), x)
    assert bool(torch.isfinite(slope).all())


def test_the_machine_is_scikit_learns() -> None:
    from sklearn.svm import SVC

    generator = torch.Generator().manual_seed(0)
    clean, bad = torch.rand(60, 5, generator=generator), torch.rand(40, 5, generator=generator) + 0.3
    machine = Machine.fitted(clean, bad, 10.0)
    probe = torch.rand(30, 5, generator=generator)
    theirs = SVC(C=10.0, gamma=float(machine.gamma), class_weight="balanced")
    theirs.fit(torch.cat([clean, bad]).double().numpy(), [0] * 60 + [1] * 40)
    said = torch.from_numpy(theirs.decision_function(probe.double().numpy())).float()
    assert torch.allclose(machine(probe), said, atol=2e-3)


def test_the_threshold_is_the_order_statistic_that_bounds_false_alarms(guarded: Rejecting) -> None:
    model = copy.deepcopy(guarded)
    x = torch.rand(39, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    scores = model.judge(x)[1].sort().values
    model.calibrate(Dataset(x), 0.05)
    assert float(model.threshold) == float(scores[37])  # ⌈40 · 0.95⌉ = 38th of 39
    with pytest.raises(InputError, match=r"images to calibrate on, got 0\.01 and 39"):
        model.calibrate(Dataset(x), 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["cnn", "resnet(width=8)"])
def test_on_clothes_nine_tenths_are_refused_at_a_false_alarm_in_twenty(text: str) -> None:
    """FGSM and DeepFool made without knowledge of it, on test images; and the joint attack gets through."""
    data, test = load_data("fashion-mnist:train"), load_data("fashion-mnist:test")
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))
    assert data.labels is not None
    known, other = (
        Dataset(data.pixels[rows], data.labels[rows], data.classes) for rows in (order[:50_000], order[50_000:])
    )
    net = parse_as(Trainable, text).build(data.shape, 10, seed=1)
    fit(net, known, epochs=2, seed=1)
    model = SafetyNet().fit(net, known, other, seed=1)
    clean = torch.cat([refused(model, part) for part in torch.split(test.images(slice(5000, 10_000)), 250)])
    assert float(clean.double().mean()) <= 0.062
    x, y = test.take(slice(0, 400))
    for attack, threat in (
        ("fgsm", "linf(8/255)"),
        ("fgsm", "linf(0.1)"),
        ("fgsm", "linf(0.2)"),
        ("deepfool", "l2(inf)"),
        ("deepfool", "linf(inf)"),
    ):
        found = sparring.attack(net, x, y, attack, threat)
        fools = found.success & found.clean_correct
        assert float(refused(model, found.images[fools]).double().mean()) >= 0.9, (attack, threat)
    joint = sparring.attack(model, x[:200], y[:200], "apgd(steps=25, loss='margin')", "linf(0.1)")
    assert joint.success_rate >= 0.95
