"""Randomized smoothing: the answer that most noisy copies of an image get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards._rejecting import inside
from sparring.guards._smoothed import SmoothedClassifier
from sparring.guards.base import Guard


@dataclass(frozen=True)
class Smoothing(Guard):
    """Answer what the classifier says most often of noisy copies of an image, which can be certified.

    g(x) = argmax_c P(f(x + ε) = c), ε ~ N(0, σ² I), from `draws` copies; where a binomial test cannot tell the first
    two classes apart at level α, from `recount` more. The scores are log 1/m Σ_i softmax f(x + ε_i), the mean of
    probabilities before the logarithm (T44), so that their slope is that of SmoothAdv; where the vote says another
    class than they do, that class is lifted to the top.

    Fields:
        sigma: σ of the noise, in the unit of the pixels, > 0; the net has to be trained at the same σ.
        draws: m, copies an image, ≥ 1.
        recount: copies more where the vote is close, ≥ 0.
        alpha: α of the test, in (0, 1).

    Shapes: those of the net.
    Cost: `draws` passes an image, `recount` more where it is close.
    Source: Cohen, Rosenfeld and Kolter 2019, arXiv 1902.02918, eq. 1 and PREDICT; the slope is that of Salman et al.
    2019, arXiv 1906.04584, eq. 6.
    **Differs**: PREDICT abstains where the test fails, this votes once more and then answers: an attack that asks many
    times would win a close vote by luck. The noise comes from the pixels and a seed: an image has one answer, in any
    batch and process, and no two images share their noise, so there is no fixed pattern to learn. `fit` learns nothing.

    >>> import torch
    >>> from sparring.registry import parse
    >>> blank = Dataset(torch.zeros(1, 1), torch.zeros(1, dtype=torch.int64))
    >>> guarded = parse("smoothing(sigma=0.5, draws=200)").fit(nn.Linear(1, 2), blank, blank)
    >>> guarded(torch.ones(3, 1)).exp().sum(1).round(decimals=4).tolist()
    [1.0, 1.0, 1.0]
    """

    cites = ("cohen2019", "salman2019")
    claimed = "Cohen et al. 2019: no change shorter than σ Φ⁻¹(p) moves the answer, proven with `sparring certify`"
    fallacy = (
        "none for what is proven, which is an L2 radius for the vote of infinitely many copies; a net not trained with "
        "noise loses its accuracy, and an attack has to average probabilities, not logits, to see what is left"
    )

    sigma: float = 0.25
    draws: int = 100
    recount: int = 1000
    alpha: float = 0.001

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise InputError(f"expected sigma of smoothing > 0, got {self.sigma}")
        if self.draws < 1 or self.recount < 0:
            raise InputError(f"expected draws >= 1 and recount >= 0 of smoothing, got {self.draws} and {self.recount}")
        if not 0 < self.alpha < 1:
            raise InputError(f"expected alpha of smoothing in (0, 1), got {self.alpha}")

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Return the smoothed classifier; nothing is learned, the data are not looked at."""
        return self._around(net, seed)

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the smoothed classifier with the seed and weights of the state."""
        guarded = self._around(net, 0)
        guarded.load_state_dict(dict(state))
        return guarded

    def _around(self, net: nn.Module, seed: int) -> SmoothedClassifier:
        return SmoothedClassifier(
            inside(net), self.sigma, draws=self.draws, recount=self.recount, alpha=self.alpha, seed=seed
        ).eval()
