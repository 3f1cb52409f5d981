"""Dropout that stays on: many thinned nets look at an image, and where they do not know, it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from sparring.core.seeds import Streams, child_seed, sample_keys
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards._rejecting import Rejecting, inside
from sparring.guards._uncertainty import entropy, mean_of, mutual_information
from sparring.guards.base import Guard
from sparring.types import Images, Logits, Scores


@dataclass(frozen=True)
class Dropout(Guard):
    """Answer by the mean of nets thinned at random, and refuse what they are not sure of.

    p(c | x) = 1/m Σ_i softmax f(x; mask_i)_c. Refused where the predictive entropy H(p), or the mutual information
    H(p) − 1/m Σ_i H(p_i), is above a threshold fixed on clean images.

    Fields:
        draws: m thinned nets, ≥ 2.
        rate: p of the dropout put before the last linear layer of a net that has none, in (0, 1).
        score: what is thresholded, "entropy" or "mutual_information".
        false_alarms: share of clean images that may be refused, in (0, 1).

    Shapes: (n, *chw) → (n, k + 1), the last for a refusal.
    Cost: `draws` passes; `fit` takes as many for each calibration image.
    Source: Gal and Ghahramani 2016, arXiv 1506.02142, eq. 7; mutual information: Houlsby et al. 2011, arXiv 1112.5745;
    for adversarial images: Feinman et al. 2017, arXiv 1703.00410.
    **Differs**: masks come from the pixels, the layer and a seed: an image has one answer, in any batch, and no two
    share their masks. In a net that was trained without dropout the masks are an approximation of nothing, only noise.

    >>> data = Dataset(torch.rand(60, 8), torch.arange(60) % 3)
    >>> guarded = Dropout(draws=5).fit(nn.Linear(8, 3), data, data)
    >>> int((guarded(data.images()).argmax(1) == 3).sum()) <= 3
    True
    """

    cites = ("gal2016", "houlsby2011", "feinman2017")
    rejects = True
    claimed = "Feinman et al. 2017: the spread of thinned nets tells adversarial images from clean and from noisy ones"
    fallacy = (
        "the mean has a gradient: an attack on it and the threshold at once finds images all thinned nets agree on"
    )

    draws: int = 20
    rate: float = 0.5
    score: Literal["entropy", "mutual_information"] = "mutual_information"
    false_alarms: float = 0.05

    def __post_init__(self) -> None:
        if self.draws < 2 or not 0 < self.rate < 1:
            raise InputError(f"expected draws >= 2 and rate in (0, 1) of dropout, got {self.draws} and {self.rate}")

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Return the net with its dropout on; the calibration images fix the threshold."""
        return self._around(net, seed).calibrate(calibration, self.false_alarms)

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the guarded net with the seed, threshold and weights of the state."""
        guarded = self._around(net, 0)
        guarded.load_state_dict(dict(state))
        return guarded

    def _around(self, net: nn.Module, seed: int) -> Thinned:
        guarded = Thinned(masked(inside(net), self.rate), self.draws, self.score, seed)
        guarded.eval()
        return guarded


class Mask(nn.Module):
    """Dropout whose zeros belong to the sample: y · 1[u ≥ p] / (1 − p), u from the sample's stream."""

    def __init__(self, rate: float, *, whole_channels: bool = False) -> None:
        super().__init__()
        self.rate, self.whole_channels = rate, whole_channels
        self.streams: Streams | None = None

    def forward(self, y: Tensor) -> Tensor:
        """Return y with some entries, or whole channels, of each sample set to 0; y itself when there is no stream."""
        if self.streams is None or self.rate == 0:
            return y
        shape = (y.shape[1], *[1] * (y.ndim - 2)) if self.whole_channels else tuple(y.shape[1:])
        kept = (self.streams.uniform(shape) >= self.rate).to(y.dtype)
        return y * kept / max(1 - self.rate, 1e-6)


class Thinned(Rejecting):
    """A net whose masks are drawn for each look; `draws` is the cost of one pass."""

    seed: Tensor

    def __init__(self, net: nn.Module, draws: int, score: str, seed: int) -> None:
        super().__init__(net)
        self.draws, self.score = draws, score
        self.register_buffer("seed", torch.tensor(seed))

    def judge(self, x: Images) -> tuple[Logits, Scores]:
        """Return log mean probabilities (n, k), and how unsure they are (n,)."""
        masks = [module for module in self.net.modules() if isinstance(module, Mask)]
        for place, mask in enumerate(masks):
            mask.streams = Streams(sample_keys(x, child_seed(int(self.seed), f"mask {place}")))
        try:
            each = torch.stack([self.net(x).log_softmax(1) for _ in range(self.draws)])
        finally:
            for mask in masks:
                mask.streams = None
        logits = mean_of(each)
        return logits, entropy(logits) if self.score == "entropy" else mutual_information(each)


def masked(net: nn.Module, rate: float) -> nn.Module:
    """Return a net with its dropout layers, or the place before its last linear one, turned into masks, in place.

    Raises: InputError for a net with neither.
    """
    places = [(parent, name, child) for parent in net.modules() for name, child in parent.named_children()]
    found = False
    for parent, name, child in places:
        if isinstance(child, nn.Dropout | nn.Dropout1d | nn.Dropout2d | nn.Dropout3d):
            setattr(parent, name, Mask(child.p, whole_channels=not isinstance(child, nn.Dropout)))
            found = True
    if found:
        return net
    if isinstance(net, nn.Linear):
        return nn.Sequential(Mask(rate), net)
    linear = [place for place in places if isinstance(place[2], nn.Linear)]
    if not linear:
        raise InputError(
            f"expected a net with dropout or a linear layer for dropout, got {type(net).__name__} with neither"
        )
    parent, name, child = linear[-1]
    setattr(parent, name, nn.Sequential(Mask(rate), child))
    return net
