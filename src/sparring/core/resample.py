"""Images made smaller within their own frame: differentiable, one size and place an image."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.types import Images


def shrunk(x: Images, draws: Tensor, smallest: float) -> Images:
    """Return each image at a share of its size, somewhere on a black ground, in a frame as large as before.

    `draws` (n, 3) in [0, 1]: the size between `smallest` and 1, then the place across and down, of all that keep the
    picture whole. Bilinear, without antialiasing. Shapes: (n, c, h, w) → (n, c, h, w).

    >>> shrunk(torch.ones(1, 1, 4, 4), torch.tensor([[0.0, 0.0, 1.0]]), 0.5)[0, 0].round().int().tolist()
    [[0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]
    """
    size = smallest + (1 - smallest) * draws[:, :1]
    place = (2 * draws[:, 1:] - 1) * (1 - size)  # of the center, in half widths
    # What the frame shows at u is the picture at (u − place) / size.
    theta = torch.cat([torch.diag_embed((1 / size).expand(-1, 2)), (-place / size)[..., None]], 2)
    return F.grid_sample(x, F.affine_grid(theta, list(x.shape), align_corners=False), align_corners=False)
