"""The image a little smaller, somewhere on a black ground."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sparring.core.resample import shrunk
from sparring.core.seeds import Streams, child_seed, sample_keys
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.guards._rejecting import inside
from sparring.guards.base import Guard
from sparring.types import Images, Logits


@dataclass(frozen=True)
class ResizePad(Guard):
    """Answer by the mean over random sizes and places of the image within its frame.

    Scores log 1/m Σ_i softmax f(t_i(x)), t_i: a size between `smallest` and 1, any place that keeps the picture whole.

    Fields:
        smallest: the least size, as a share of the full one, in (0, 1].
        draws: m, sizes and places an image, ≥ 1.

    Shapes: (n, c, h, w) → (n, k).
    Cost: `draws` passes.
    Source: Xie, Wang, Zhang, Ren and Yuille 2018, arXiv 1711.01991.
    **Differs**: the picture shrinks within its own frame, where the paper enlarges the frame. A mean over draws, where
    the paper takes one. Draws come from the pixels and a seed: an image has one answer, in any batch, and no two share
    their draws. `fit` learns nothing.

    >>> net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    >>> blank = Dataset(torch.zeros(1, 1, 8, 8), torch.zeros(1, dtype=torch.int64))
    >>> ResizePad().fit(net, blank, blank)(torch.rand(2, 1, 8, 8)).shape
    torch.Size([2, 3])
    """

    cites = ("xie2018", "athalye2018")
    claimed = "Xie et al. 2018: with adversarial training, second of 107 teams in the NIPS 2017 defense challenge"
    fallacy = "a mean over draws has an ordinary gradient (EOT), and a small shift moves a perturbation but keeps it"

    smallest: float = 0.9
    draws: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.smallest <= 1 or self.draws < 1:
            raise InputError(
                f"expected smallest in (0, 1] and draws >= 1 of resize_pad, got {self.smallest} and {self.draws}"
            )

    def fit(self, net: nn.Module, train: Dataset, calibration: Dataset, *, seed: int = 0) -> nn.Module:
        """Return the classifier behind random frames; nothing is learned, the data are not looked at."""
        return Framed(inside(net), self.smallest, self.draws, seed).eval()

    def restore(self, net: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
        """Return the classifier behind random frames, with the seed and weights of the state."""
        guarded = Framed(inside(net), self.smallest, self.draws, 0).eval()
        guarded.load_state_dict(dict(state))
        return guarded


class Framed(nn.Module):
    """A classifier that looks at every image in several random frames; `draws` is the cost of one pass."""

    seed: Tensor

    def __init__(self, net: nn.Module, smallest: float, draws: int, seed: int) -> None:
        super().__init__()
        self.net, self.smallest, self.draws = net, smallest, draws
        self.register_buffer("seed", torch.tensor(seed))

    def forward(self, x: Images) -> Logits:
        """Return log mean probabilities (n, k)."""
        if x.ndim != 4:
            raise InputError(f"expected images (n, c, h, w) for resize_pad, got shape {tuple(x.shape)}")
        streams = Streams(sample_keys(x, child_seed(int(self.seed), "frames")))
        frames = [streams.uniform((3,), x.dtype) for _ in range(self.draws)]
        each = torch.stack([F.log_softmax(self.net(shrunk(x, frame, self.smallest)), 1) for frame in frames])
        return each.logsumexp(0) - math.log(self.draws)
