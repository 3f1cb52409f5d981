"""Plain training."""

import pytest
import torch
from torch import nn

from sparring.data import Dataset, load_data
from sparring.errors import InputError
from sparring.models import accuracy, fit
from sparring.models._loaded import checksum
from sparring.registry import parse


@pytest.fixture(scope="module")
def digits():
    return load_data("digits:train"), load_data("digits:test")


def test_a_small_net_learns_digits(digits):
    train, test = digits
    net = parse("mlp(hidden=(64,))").build(train.shape, 10)
    before = accuracy(net, test)
    seen = []
    records = fit(net, train, epochs=8, lr=1e-2, progress=seen.append)
    assert before < 0.3
    assert accuracy(net, test) > 0.95
    assert seen == records
    assert [record["epoch"] for record in records] == list(range(1, 9))
    assert records[-1]["loss"] < records[0]["loss"]
    assert not net.training
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.slow
def test_cnn_reaches_96_percent_on_mnist5k():
    train, test = load_data("mnist5k:train"), load_data("mnist5k:test")
    net = parse("cnn").build(train.shape, 10)
    fit(net, train)
    assert accuracy(net, test) >= 0.96


def test_T30_the_seed_decides_and_the_global_generator_is_left(digits):
    part = Dataset(*digits[0].take(slice(0, 130)))

    def weights(seed):
        net = nn.Sequential(parse("mlp(hidden=(8,))").build(part.shape, 10), nn.Dropout(0.2))
        fit(net, part, epochs=1, seed=seed)
        return checksum(net)

    before = torch.get_rng_state()
    first = weights(3)
    assert torch.equal(before, torch.get_rng_state())
    torch.rand(5)
    assert first == weights(3) != weights(4)


def test_G42_a_remainder_of_one_does_not_break_batchnorm(digits):
    part = Dataset(*digits[0].take(slice(0, 65)))
    net = nn.Sequential(parse("linear").build(part.shape, 10), nn.BatchNorm1d(10))  # refuses a batch of one
    fit(net, part, epochs=1, batch_size=64)
    assert net[1].num_batches_tracked == 2


def test_levels_and_floats_train_alike():
    levels = torch.randint(0, 256, (40, 1, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(40) % 2
    sums = set()
    for pixels in (levels, levels.float() / 255):
        net = parse("linear").build((1, 4, 4), 2)
        fit(net, Dataset(pixels, labels), epochs=1)
        sums.add(checksum(net))
    assert len(sums) == 1


def test_T28_accuracy_leaves_modes_and_statistics():
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.BatchNorm1d(2).eval())
    before = checksum(net)
    modes = [module.training for module in net.modules()]
    data = Dataset(torch.rand(10, 4, generator=torch.Generator().manual_seed(0)), torch.arange(10) % 2)
    assert accuracy(net, data, batch_size=3) == accuracy(net, data, batch_size=10)
    assert checksum(net) == before
    assert [module.training for module in net.modules()] == modes


@pytest.mark.parametrize(
    ("data", "arguments", "words"),
    [
        (Dataset(torch.zeros(4, 2)), {}, "expected labels"),
        (Dataset(torch.zeros(4, 2), torch.tensor([0, 1, 2, 5])), {}, "k above the highest label 5"),
        (Dataset(torch.zeros(4, 2), torch.tensor([0, 1, 1, 0])), {"epochs": 0}, "expected epochs"),
        (Dataset(torch.zeros(4, 2), torch.tensor([0, 1, 1, 0])), {"lr": 0.0}, "lr > 0"),
        (Dataset(torch.ones(4, 2), torch.tensor([0, 1, 1, 0])), {"lr": 1e38, "epochs": 9}, "finite loss"),
    ],
)
def test_bad_input_is_told(data, arguments, words):
    with pytest.raises(InputError, match=words):
        fit(nn.Linear(2, 3), data, **arguments)


def test_soft_labels_of_zeros_and_ones_are_labels(digits):
    part = Dataset(*digits[0].take(slice(0, 130)))
    hard, soft, wrong = (parse("linear").build(part.shape, 10) for _ in range(3))
    sure = torch.nn.functional.one_hot(part.labels, 10).float()
    fit(hard, part, epochs=2)
    fit(soft, part, epochs=2, soft=sure)
    fit(wrong, part, epochs=2, soft=sure.roll(1, 1))
    assert torch.allclose(hard[1].weight, soft[1].weight, atol=1e-5)
    assert not torch.allclose(hard[1].weight, wrong[1].weight, atol=1e-2)
