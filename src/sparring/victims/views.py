"""Other ways to look at a model, each a classifier itself: in expectation, by majority, or smoothed.

Their random numbers come from seeds that depend on the images alone, so that the same question has the same answer,
in a resumed run too; torch's, numpy's and Python's generators are left as found. `draws` is the cost of one pass.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.seeds import child_seed
from sparring.types import Classifier, Images, Logits

ROWS = 256
"""Images that one pass of several draws takes at the most."""


class Averaged(nn.Module):
    """Mean over `draws` runs of a random classifier of its log-probabilities' input, the logits: 1/m Σ f(x; ω_i).

    Its gradient is the expectation over transformation of Athalye et al. 2018, arXiv 1707.07397, eq. 2, on logits.
    """

    def __init__(self, model: Classifier, draws: int, name: str = "averaged") -> None:
        super().__init__()
        self.model, self.draws, self.name = model, draws, name

    def forward(self, x: Images) -> Logits:
        """Return mean logits (n, k); `draws` passes."""
        return draw(self.model, x, self.draws, self.name).mean(0)


class Voted(nn.Module):
    """Share of `draws` runs of a random classifier in which it says each class: judged in expectation, not by luck.

    Where the first two classes are closer than three standard errors, 3/√draws, the vote is taken anew with `recount`
    draws: an attack asks again and again, and would win a close vote by chance. A hundredth of a vote goes by the mean
    probability, so that a tie has a direction. `draws` does not tell of recounts, which only few images need.
    """

    def __init__(self, model: Classifier, draws: int, name: str = "voted", *, recount: int = 0) -> None:
        super().__init__()
        self.model, self.draws, self.name, self.recount = model, draws, name, recount

    def forward(self, x: Images) -> Logits:
        """Return shares (n, k) that sum to 1.01; `draws` passes, and `recount` more where it is close."""
        shares = self._shares(x, self.draws, self.name)
        if self.recount:
            first = shares.topk(2, dim=1).values
            close = (first[:, 0] - first[:, 1] < 3 / self.draws**0.5).nonzero()[:, 0]
            if len(close):
                shares[close] = self._shares(x[close], self.recount, f"{self.name} again")
        return shares

    @torch.no_grad()
    def _shares(self, x: Images, draws: int, name: str) -> Logits:
        scores = draw(self.model, x, draws, name)
        votes = F.one_hot(scores.argmax(2), scores.shape[2]).to(x.dtype)
        return votes.mean(0) + 0.01 * scores.to(x.dtype).softmax(2).mean(0)


class Smoothed(nn.Module):
    """Mean over `draws` of a classifier at x + σ n, n standard normal: a slope that small wrinkles do not show in."""

    def __init__(self, model: Classifier, draws: int, sigma: float, name: str = "smoothed") -> None:
        super().__init__()
        self.model, self.draws, self.sigma, self.name = model, draws, sigma, name

    def forward(self, x: Images) -> Logits:
        """Return mean logits (n, k); `draws` passes."""
        with seeded(_seed(x, self.name)):
            noise = torch.randn(self.draws, *x.shape, dtype=x.dtype).to(x.device)
        flat = (x + self.sigma * noise).flatten(0, 1)
        logits = torch.cat([self.model(part) for part in torch.split(flat, ROWS)])
        return logits.view(self.draws, len(x), -1).mean(0)


class Logarithm(nn.Module):
    """Logarithm of a model's probabilities, which are logits; those that are exactly 0 stay finite."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Images) -> Logits:
        """Return log p (n, k)."""
        return self.model(x).clamp_min(torch.finfo(torch.float32).tiny).log()


class Scaled(nn.Module):
    """A model's logits times a factor, so that their softmax is not saturated."""

    def __init__(self, model: Classifier, factor: float) -> None:
        super().__init__()
        self.model, self.factor = model, factor

    def forward(self, x: Images) -> Logits:
        """Return logits (n, k)."""
        return self.factor * self.model(x)


def draw(model: Classifier, x: Images, draws: int, name: str) -> Tensor:
    """Return answers (draws, n, k) of a random model; the same images under the same name get the same draws."""
    at_once = max(1, ROWS // max(1, len(x)))
    parts, seed = [], _seed(x, name)
    for start in range(0, draws, at_once):
        count = min(at_once, draws - start)
        with seeded(seed + start):
            parts.append(model(x.repeat(count, *[1] * (x.ndim - 1))).view(count, len(x), -1))
    return torch.cat(parts)


def _seed(x: Images, name: str) -> int:
    """Return a seed that images decide."""
    digest = hashlib.blake2b(x.detach().cpu().contiguous().numpy().tobytes(), digest_size=6).digest()
    return child_seed(int.from_bytes(digest, "little"), name) % 2**31


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed every global generator that a user's model may draw from, and put all of them back."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    with torch.random.fork_rng():
        try:
            torch.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002
            random.seed(seed)
            yield
        finally:
            np.random.set_state(numpy_state)  # noqa: NPY002
            random.setstate(python_state)
