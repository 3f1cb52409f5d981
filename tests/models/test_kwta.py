"""k winners take all."""

import pytest
import torch
from torch import nn

from sparring.errors import InputError
from sparring.models.kwta import Kwta, Winners
from sparring.models.resnet import Resnet


def test_the_largest_pass_sample_by_sample():
    y = torch.tensor([[1.0, -4.0, 3.0, 2.0], [-1.0, -2.0, -3.0, -4.0]])
    assert Winners(0.5)(y).tolist() == [[0, 0, 3, 2], [-1, -2, 0, 0]]
    assert torch.equal(Winners(1.0)(y), y)
    assert (Winners(0.01)(y) != 0).sum(1).tolist() == [1, 1]  # one at least


def test_the_share_is_of_the_whole_layer():
    y = torch.randn(3, 4, 5, 5)
    assert ((Winners(0.2)(y) != 0).flatten(1).sum(1) == 20).all()


def test_the_gradient_is_that_of_the_winners():
    y = torch.tensor([[1.0, 5.0, 3.0]], requires_grad=True)
    Winners(0.4)(y).sum().backward()
    assert y.grad.tolist() == [[0, 1, 0]]


def test_every_relu_is_replaced_in_a_copy():
    net = Resnet(width=2).build((1, 8, 8), 3)
    wrapped = Kwta().wrap(net)
    relus = sum(isinstance(module, nn.ReLU) for module in net.modules())
    assert relus == sum(isinstance(module, Winners) for module in wrapped.modules()) == 4  # the stem, three blocks
    assert not any(isinstance(module, nn.ReLU) for module in wrapped.modules())
    x = torch.rand(2, 1, 8, 8)
    assert not torch.equal(net.eval()(x), wrapped.eval()(x))


@pytest.mark.parametrize("sparsity", [0.0, 1.5])
def test_wrong_shares_are_refused(sparsity):
    with pytest.raises(InputError, match="sparsity of kwta"):
        Kwta(sparsity=sparsity)


def test_a_net_without_relus_is_refused():
    with pytest.raises(InputError, match="without any"):
        Kwta().wrap(nn.Linear(2, 2))
