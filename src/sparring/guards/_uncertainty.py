"""How sure several opinions on an image are: of themselves, and of each other."""

from __future__ import annotations

import math

from torch import Tensor

from sparring.types import Logits, Scores


def mean_of(each: Tensor) -> Logits:
    """Return log 1/m Σ_i p_i from log probabilities (m, n, k): the mean is of probabilities."""
    return each.logsumexp(0) - math.log(len(each))


def entropy(log_p: Tensor) -> Tensor:
    """Return −Σ_c p_c log p_c in nats, over the last axis.

    >>> import torch
    >>> round(entropy(torch.tensor([[0.5, 0.5]]).log()).item(), 4)
    0.6931
    """
    return -(log_p.exp() * log_p.clamp_min(-1e4)).sum(-1)


def mutual_information(each: Tensor) -> Scores:
    """Return H(mean of p_i) − mean of H(p_i) from log probabilities (m, n, k): what the opinions disagree about.

    It is the mean of KL(p_i ‖ mean), 0 where all say the same, however unsure each is, and at most log m.

    >>> import torch
    >>> each = torch.tensor([[[0.5, 0.5]], [[0.5, 0.5]]]).log()
    >>> abs(round(mutual_information(each).item(), 6))
    0.0
    """
    return entropy(mean_of(each)) - entropy(each).mean(0)
