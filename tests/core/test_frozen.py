"""A model is lent, and comes back as it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from sparring.core.frozen import frozen, quiet_norms
from sparring.errors import SparringWarning


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 2)))


def test_inside_everything_is_in_eval_mode_and_asks_for_no_gradient() -> None:
    model = net().eval()
    with frozen(model):
        assert not any(module.training for module in model.modules())
        assert not any(p.requires_grad for p in model.parameters())
    assert all(p.requires_grad for p in model.parameters())


def test_modes_are_put_back_module_by_module() -> None:
    """T28: the root is in eval mode and a branch is not; and the other way round."""
    for root in (True, False):
        model = net()
        model.train(root)
        model[2].train(not root)
        modes = [module.training for module in model.modules()]
        with pytest.warns(SparringWarning, match="expected a model in eval mode"), frozen(model):
            pass
        assert [module.training for module in model.modules()] == modes


def test_everything_is_put_back_after_an_error() -> None:
    """T28, T29."""
    model = net()
    model[0].bias.requires_grad_(False)
    state = torch.get_rng_state()

    def lend_and_fail() -> None:
        with frozen(model):
            torch.rand(3)
            raise ZeroDivisionError

    with pytest.warns(SparringWarning), pytest.raises(ZeroDivisionError):
        lend_and_fail()
    assert all(module.training for module in model.modules())
    assert [p.requires_grad for p in model.parameters()] == [True, False, True, True, True, True]
    assert torch.equal(torch.get_rng_state(), state)


def test_train_mode_without_layers_that_mind_is_no_reason_to_warn() -> None:
    """T27: a plain linear net is the same in both modes."""
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    with frozen(model):
        assert not model.training
    assert model.training


def test_a_method_of_a_module_is_that_module() -> None:
    """T27: handing in net.forward does not smuggle train mode past the guard."""
    model = net()
    with pytest.warns(SparringWarning, match="eval mode"), frozen(model.forward):
        assert not model[1].training
    assert model[1].training


def test_batch_norm_without_statistics_is_told() -> None:
    """T27, T35: it normalizes an image by its company, in eval mode too."""
    model = nn.Sequential(nn.BatchNorm1d(3, track_running_stats=False)).eval()
    with pytest.warns(SparringWarning, match="depends on the others in its batch"), frozen(model):
        pass


def test_a_function_is_guarded_by_the_generators_alone() -> None:
    """T30."""
    state = torch.get_rng_state()
    with frozen(lambda x: x):
        torch.rand(5)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("momentum", [0.1, 0.5, None])
def test_quiet_norms_use_the_batch_and_keep_their_statistics(momentum: float | None) -> None:
    """T27: not even the count of batches moves, which decides the next update where there is no momentum."""
    model = nn.Sequential(nn.BatchNorm1d(3, momentum=momentum))
    model(torch.rand(5, 3))
    state = {name: value.clone() for name, value in model.state_dict().items()}
    x = 5 + torch.rand(6, 3)
    want = (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt()
    with quiet_norms(model):
        torch.testing.assert_close(model(x), want, rtol=1e-4, atol=1e-4)
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    model(x)
    assert not torch.equal(model[0].running_mean, state["0.running_mean"])
    assert model[0].momentum == momentum


def test_quiet_norms_in_eval_mode_are_as_ever_and_errors_put_them_back() -> None:
    """T28."""
    model = nn.Sequential(nn.BatchNorm1d(3), nn.BatchNorm1d(3, track_running_stats=False)).eval()
    model[0].running_mean.fill_(2.0)
    x = torch.rand(4, 3)
    want = model(x)

    def lend_and_fail() -> None:
        with quiet_norms(model):
            assert torch.equal(model(x), want)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lend_and_fail()
    assert [norm.track_running_stats for norm in model] == [True, False]
    with quiet_norms(lambda x: x):  # a function has no norms
        pass
