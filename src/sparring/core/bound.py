"""The bound of Donsker and Varadhan on a divergence, and the loss whose gradient is that of the bound, unbiased."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def log_mean_exp(values: Tensor) -> Tensor:
    """Return log of the mean of e^v over the first dimension, without overflow.

    >>> log_mean_exp(torch.tensor([1000.0, 1000.0])).item()
    1000.0
    """
    return torch.logsumexp(values, 0) - math.log(len(values))


def donsker_varadhan(ours: Tensor, others: Tensor) -> Tensor:
    """Return E_p T − log E_q e^T, at most KL(p ‖ q), from T at samples of p (n, ...) and of q (m, ...).

    Source: Donsker and Varadhan 1983, Communications on Pure and Applied Mathematics 36. On few samples of q it is
    above the bound by about their variance of e^T / 2m: what m samples can tell ends near log m nats.

    >>> donsker_varadhan(torch.zeros(3), torch.zeros(5)).item()
    0.0
    """
    return ours.mean(0) - log_mean_exp(others)


def corrected_loss(ours: Tensor, others: Tensor, memory: Tensor, rate: float = 0.01) -> tuple[Tensor, Tensor]:
    """Return a loss whose gradient is that of −E_p T + log E_q e^T, and the next log of the running mean of e^T.

    The gradient of log-mean-exp of a batch divides a mean by another of the same few samples, so it is biased; here
    it is divided by a running mean, of this batch with weight `rate` (G28). The value of the loss has no meaning.

    Args: T at samples of p (n, ...) and q (m, ...); `memory` (...), −∞ where none is yet.

    Source: Belghazi et al. 2018, arXiv 1801.04062, section 3.2. **Differs**: the running mean is kept as its logarithm.

    >>> loss, memory = corrected_loss(torch.zeros(3), torch.zeros(5), torch.tensor(-math.inf))
    >>> loss.item(), memory.item()
    (1.0, 0.0)
    """
    now = log_mean_exp(others.detach())
    kept = torch.logaddexp(memory + math.log1p(-rate), now + math.log(rate)) if rate < 1 else now
    memory = torch.where(memory.isinf(), now, kept)
    return (others - memory).exp().mean(0) - ours.mean(0), memory
