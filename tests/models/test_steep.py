"""Steep logits."""

import pytest
import torch
from torch.nn import functional as F

from sparring.errors import InputError
from sparring.models.steep import Steep


def test_T4_cross_entropy_has_gradient_zero_and_the_margin_has_not(fooled):
    net, x, y, _ = fooled
    x = x.clone().requires_grad_(True)
    z = Steep().wrap(net)(x)
    (slope,) = torch.autograd.grad(F.cross_entropy(z, y, reduction="sum"), x, retain_graph=True)
    assert (slope.flatten(1).abs().amax(1) == 0).double().mean() > 0.9
    margin = z.topk(2, 1).values.diff(dim=1).sum()
    (slope,) = torch.autograd.grad(margin, x)
    assert (slope.flatten(1).abs().amax(1) > 0).all()


def test_no_scale_is_refused():
    with pytest.raises(InputError, match="scale of steep > 0"):
        Steep(scale=-1.0)
