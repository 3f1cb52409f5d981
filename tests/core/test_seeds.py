"""Random numbers that belong to a sample: laws, independence, and no trace on the global generators."""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from sparring.core.seeds import Streams, child_seed, index_keys, sample_keys

N = 4000


def test_uniform_numbers_are_uniform_over_samples_and_over_draws() -> None:
    streams = Streams(torch.arange(N))
    across = streams.uniform((), torch.float64)
    along = Streams(torch.tensor([9])).uniform((N,), torch.float64)[0]
    for values in (across, along):
        assert stats.kstest(values.numpy(), "uniform").pvalue > 0.01
    assert abs(float(torch.corrcoef(torch.stack([across, streams.uniform((), torch.float64)]))[0, 1])) < 0.05
    assert abs(float(torch.corrcoef(torch.stack([along[:-1], along[1:]]))[0, 1])) < 0.05


def test_normal_numbers_are_standard_normal() -> None:
    values = Streams(torch.arange(N)).normal((2,), torch.float64)
    assert stats.kstest(values.flatten().numpy(), "norm").pvalue > 0.01
    assert abs(float(torch.corrcoef(values.T)[0, 1])) < 0.05


def test_integers_are_fair_and_in_range() -> None:
    counts = Streams(torch.arange(N)).integers(7).bincount(minlength=7)
    assert len(counts) == 7
    assert stats.chisquare(counts.numpy()).pvalue > 0.01


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_uniform_numbers_never_reach_1_in_any_type(dtype: torch.dtype) -> None:
    """T25: rounded from float64, one bfloat16 draw in 500 would be 1.0, which a log1p does not survive."""
    values = Streams(torch.arange(N)).uniform((5,), dtype)
    assert values.dtype == dtype
    assert float(values.max()) < 1
    assert float(values.min()) >= 0
    assert float(values.double().mean()) == pytest.approx(0.5, abs=0.02)


def test_a_sample_draws_the_same_alone_and_in_company() -> None:
    """T31."""
    x = torch.rand(6, 1, 3, 3)
    keys = sample_keys(x, 5)
    whole = Streams(keys)
    for _ in range(2):
        drawn = whole.uniform((4,))
        again = Streams(keys[2:3])
        for _ in range(whole._draws):
            alone = again.uniform((4,))
        assert torch.equal(drawn[2:3], alone)


def test_keys_come_from_the_pixels_and_the_seed() -> None:
    """T31: not from the place in the batch; equal in float32 and float64."""
    x = torch.rand(5, 4)
    keys = sample_keys(x, 0)
    assert torch.equal(sample_keys(x.flip(0), 0), keys.flip(0))
    assert torch.equal(sample_keys(x.double(), 0), keys)
    assert not bool((sample_keys(x, 1) == keys).any())
    assert len(keys.unique()) == 5


def test_parts_of_a_run_have_seeds_of_their_own() -> None:
    assert len({child_seed(seed, name) for seed in range(20) for name in ("a", "b", "0/a")}) == 60
    assert all(0 <= child_seed(seed, "x") < 2**63 for seed in (-1, 0, 2**70))


def test_the_global_generator_is_not_touched() -> None:
    """T30."""
    state = torch.get_rng_state()
    streams = Streams(sample_keys(torch.rand(3, 2, generator=torch.Generator()), 0))
    streams.normal((4,))
    streams.integers(3)
    assert torch.equal(torch.get_rng_state(), state)


def test_keys_of_places_are_a_samples_own_wherever_it_stands_in_a_batch() -> None:
    """T31: by index and seed; neighboring seeds, places and the seeds of rounds share no keys."""
    index = torch.randperm(500)
    keys = index_keys(index, 7)
    assert keys.dtype == torch.int64
    assert torch.equal(index_keys(index.flip(0), 7), keys.flip(0))
    assert torch.equal(index_keys(index[3:5], 7), keys[3:5])
    assert torch.equal(index_keys(index.to(torch.int32), 7), keys)
    everything = torch.cat([index_keys(index, seed) for seed in (0, 1, 2, -1, child_seed(0, "round 0"))])
    assert len(everything.unique()) == 2500


def test_streams_of_places_are_fair() -> None:
    """Over samples of one round, and over rounds of one sample."""
    across = Streams(index_keys(torch.arange(N), 0)).uniform((), torch.float64)
    keys = torch.cat([index_keys(torch.tensor([5]), child_seed(0, f"round {i}")) for i in range(N)])
    for values in (across, Streams(keys).uniform((), torch.float64)):
        assert stats.kstest(values.numpy(), "uniform").pvalue > 0.01
        assert abs(float(torch.corrcoef(torch.stack([values[:-1], values[1:]]))[0, 1])) < 0.05
