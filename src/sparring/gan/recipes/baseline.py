"""The default: a relativistic loss, two penalties, plain residual nets, no tricks."""

from __future__ import annotations

from sparring.gan.config.gan import Gan


def baseline() -> Gan:
    """Return RpGAN + R1 + R2 on `r3` nets, which is what `Gan()` is.

    Source: Huang et al. 2024, arXiv 2501.05441. **Differs**: nets small enough for a processor; γ, learning rate and
    averages are constant, where the paper anneals them; γ = 1 for images in [0, 1], which is 4 in the paper's view, in
    the middle of its range of 0.05 to 150.
    """
    return Gan()
