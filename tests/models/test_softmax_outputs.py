"""Probabilities for logits."""

import pytest
import torch

import sparring
from sparring.errors import InputError
from sparring.models.softmax_outputs import SoftmaxOutputs


def test_T3_its_logarithm_is_a_set_of_logits_again(fooled):
    net, x, _, _ = fooled
    answer = SoftmaxOutputs().wrap(net)(x)
    assert torch.allclose(answer.sum(1), torch.ones(len(x)))
    shifted = net(x) - net(x).logsumexp(1, keepdim=True)
    seen = answer > 1e-6
    assert torch.allclose(answer[seen].log(), shifted[seen], atol=1e-2)


def test_T3_the_attack_refuses_it_unless_told(fooled):
    net, x, y, _ = fooled
    defended = SoftmaxOutputs().wrap(net)
    with pytest.raises(InputError, match="got probabilities"):
        sparring.attack(defended, x, y, "fgsm", "linf(0.1)")
    assert len(sparring.attack(defended, x, y, "fgsm", "linf(0.1)", allow_probabilities=True)) == len(x)
