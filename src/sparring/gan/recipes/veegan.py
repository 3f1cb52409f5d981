"""A net that finds codes again, against collapse."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.inference.veegan import Veegan
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dcgan import Dcgan


def veegan() -> Gan:
    """Return VEEGAN on the nets of DCGAN.

    Source: Srivastava et al. 2017, arXiv 1705.07761. **Differs**: Adam at 2e-4, β₁ = 0.5, a batch of 64, none of which
    the paper tells; samples come from an average of the weights.
    """
    return Gan(
        nets=Dcgan(), loss=NonSaturating(), penalties=(), lr=2e-4, betas=(0.5, 0.999), inference=Veegan(),
        batch_size=64,
    )  # fmt: skip
