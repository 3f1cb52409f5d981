"""Variational inference without a density."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.inference.lfvi import Lfvi
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dcgan import Dcgan


def lfvi() -> Gan:
    """Return likelihood-free variational inference on the nets of DCGAN.

    Source: Tran, Ranganath and Blei 2017, arXiv 1702.08896. **Differs**: the paper has no images; nets, optimizer and
    generator's loss are those of the recipe `ali`, so that the encoder's loss is what differs from it.
    """
    return Gan(
        nets=Dcgan(), loss=NonSaturating(), penalties=(), lr=2e-4, betas=(0.5, 0.999), inference=Lfvi(), batch_size=64,
    )  # fmt: skip
