"""The default: a relativistic loss, two penalties, plain residual nets, no tricks."""

from __future__ import annotations

from sparring.gan.config.gan import Gan


def baseline() -> Gan:
    """Return RpGAN + R1 + R2 on `r3` nets, which is what `Gan()` is.

    Source: Huang et al. 2024, arXiv 2501.05441. **Differs**: nets small enough for a processor, and a learning rate 2.5
    times theirs, which such nets bear; batches of 32, since in a short training the number of steps counts; penalties
    in every fourth turn, fourfold, as in every turn they take three tenths of the time; γ, learning rate and averages
    are constant, where the paper anneals them. γ = 0.25 for images in [0, 1] is 1 in the paper's view, what it takes
    for small gray images, of a range of 0.05 to 150.
    """
    return Gan()
