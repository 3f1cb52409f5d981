"""The smoothed classifier as a module: a vote that decides, a mean of probabilities that has a slope."""

from __future__ import annotations

import math

import torch
from scipy.stats import binom
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from sparring.core.seeds import Streams, child_seed, sample_keys
from sparring.types import Images, Logits, Mask

ROWS = 512
"""Noisy copies that one pass of the net takes at the most."""
BLOCK = 16_384
"""Values of noise that are drawn for an image in one go."""
KEPT = 2_000_000
"""Pixel values of noisy copies whose activations are kept for the way back; beyond it they are computed again."""
LIFT = 0.01
"""By how much the winner of a vote leads, where the mean probability prefers another class."""


class SmoothedClassifier(nn.Module):
    """What a classifier says of x + ε, ε ~ N(0, σ² I): images (n, *chw) → scores (n, k), highest for the vote's winner.

    The noise of an image is decided by its pixels and the seed. `draws` is the cost of one pass.
    """

    seed: Tensor

    def __init__(self, net: nn.Module, sigma: float, *, draws: int, recount: int, alpha: float, seed: int) -> None:
        super().__init__()
        self.net, self.sigma, self.draws, self.recount, self.alpha = net, sigma, draws, recount, alpha
        self.register_buffer("seed", torch.tensor(seed))

    def forward(self, x: Images) -> Logits:
        """Return log mean probabilities, the vote's winner lifted to the top where it is another one."""
        each = self._each(x, self.draws, "draws")
        scores = each.logsumexp(0) - math.log(self.draws)
        votes = _counted(each)
        close = undecided(votes, self.alpha).nonzero()[:, 0]
        if self.recount and len(close):
            with torch.no_grad():
                votes[close] += _counted(self._each(x[close], self.recount, "recount"))
        winner = votes.argmax(1, keepdim=True)
        lead = scores.detach().amax(1, keepdim=True) - scores.detach().gather(1, winner)
        lift = torch.where(winner == scores.argmax(1, keepdim=True), 0, lead + LIFT)
        return scores.scatter_add(1, winner, lift.to(scores.dtype))

    def log_probabilities(self, x: Images) -> Logits:
        """Return log 1/m Σ_i softmax f(x + ε_i), (n, k): what SmoothAdv climbs, without the vote."""
        return self._each(x, self.draws, "draws").logsumexp(0) - math.log(self.draws)

    def _each(self, x: Images, draws: int, name: str) -> Tensor:
        """Return log probabilities (draws, n, k) of every noisy copy."""
        streams = Streams(sample_keys(x, child_seed(int(self.seed), name)))
        again = torch.is_grad_enabled() and x.requires_grad and draws * x.numel() > KEPT
        # How many copies are drawn at once depends on the image alone: its noise must not depend on its company.
        block = max(1, min(32, BLOCK // x[0].numel()))
        parts = []
        for start in range(0, draws, block):
            noise = streams.normal((block, *x.shape[1:]), x.dtype)[:, : draws - start].transpose(0, 1)
            for some in torch.split(noise, max(1, ROWS // max(1, len(x)))):
                copies = (x + self.sigma * some).flatten(0, 1)
                logits = checkpoint(self.net, copies, use_reentrant=False) if again else self.net(copies)
                parts.append(F.log_softmax(logits, 1).view(len(some), len(x), -1))
        return torch.cat(parts)


def undecided(votes: Tensor, alpha: float) -> Mask:
    """Say for which images a two-sided binomial test cannot tell the first two classes apart at level alpha.

    >>> undecided(torch.tensor([[60, 40, 0], [70, 30, 0]]), 0.001).tolist()
    [True, False]
    """
    first, second = votes.topk(2, dim=1).values.cpu().double().unbind(1)
    chance = 2 * binom.cdf(second.numpy(), (first + second).numpy(), 0.5)
    return torch.as_tensor(chance, device=votes.device) > alpha


def _counted(each: Tensor) -> Tensor:
    """Return how many of the copies (m, n, k) say each class, (n, k)."""
    return F.one_hot(each.argmax(2), each.shape[2]).sum(0)
