"""Problems are the same for everyone, and made once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sparring.bench.problems import PROBLEMS, cache_folder, problem
from sparring.errors import InputError


def test_every_problem_has_a_threat_in_every_norm() -> None:
    for each in PROBLEMS:
        assert each.norms == ("linf", "l2", "l1", "l0")
        assert all(each.threat(norm).name() == norm for norm in each.norms)


def test_the_net_gets_every_sample_right_and_a_seed_decides_which() -> None:
    first, again, other = (problem("digits-linear").make(40, seed) for seed in (0, 0, 1))
    assert first.x.shape == (40, 1, 8, 8)
    assert torch.equal(first.net(first.x).argmax(1), first.y)
    assert torch.equal(first.x, again.x)
    assert not torch.equal(first.x, other.x)
    assert len(first.y.unique()) > 5


def test_a_slow_problem_takes_fewer_samples_unless_told() -> None:
    slow = replace(problem("digits-linear"), most=10)
    assert len(slow.make(30).x) == 10
    assert len(slow.make(30, limited=False).x) == 30


def test_weights_come_from_the_cache_and_a_damaged_file_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    first = problem("digits-linear").net()
    (path,) = cache_folder().iterdir()
    written = path.stat().st_mtime_ns
    again = problem("digits-linear").net()
    assert path.stat().st_mtime_ns == written
    path.write_bytes(b"\x08" * 100)
    repaired = problem("digits-linear").net()
    for net in (again, repaired):
        for mine, theirs in zip(first.parameters(), net.parameters(), strict=True):
            assert torch.equal(mine, theirs)
    assert not any(parameter.requires_grad for parameter in repaired.parameters())
    assert not repaired.training


def test_another_recipe_is_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G8: keyed by content, so a change of the recipe or the data under the same name trains anew."""
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    for each in (problem("digits-linear"), replace(problem("digits-linear"), epochs=1)):
        each.net()
    replace(problem("digits-linear"), epochs=1, train_n=50).net()
    assert len(list(cache_folder().iterdir())) == 3


def test_an_unknown_problem_is_met_with_a_guess() -> None:
    with pytest.raises(InputError, match="did you mean 'digits-linear'"):
        problem("digit-linear")
