"""What a turn tells: random numbers by sample, and means of the whole batch."""

from __future__ import annotations

import torch

from sparring.gan._moment import Moment, standard_deviation


def test_numbers_belong_to_sample_turn_and_name(moment):
    """The same in any part of the batch; others for another player, name or seed of the round."""
    x = torch.zeros(8, 2)
    z = moment(x).streams("z").normal((3,))
    assert torch.equal(z[5:], moment(x[5:], first=5).streams("z").normal((3,)))
    for other in (
        moment(x).streams("y"), moment(x, "generator").streams("z"), moment(x, seed=6).streams("z"),
    ):  # fmt: skip
        assert not torch.equal(z, other.normal((3,)))


def test_the_mean_is_that_of_all_processes(batch):
    class Other:
        size = 2

        def add(self, values):
            values += torch.tensor([4.0]) * 0.75

    part = batch(torch.zeros(2, 1))
    object.__setattr__(part, "weight", 0.25)
    assert Moment(part, "generator", Other()).mean(torch.tensor([[1.0], [3.0]])).item() == 0.25 * 2 + 0.75 * 4


def test_the_deviation_is_that_of_all_numbers(moment):
    x = torch.rand(5, 3, 2)
    torch.testing.assert_close(standard_deviation(x, moment(x)), x.std(correction=0))
