"""Classes and degrees that nobody labeled."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.inference.infogan import Infogan
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dcgan import Dcgan


def infogan() -> Gan:
    """Return InfoGAN: a DCGAN of ten classes and two degrees that its discriminator tells from the image.

    Source: Chen et al. 2016, arXiv 1606.03657, section 7.1 and appendix C. **Differs**: nets of DCGAN; both learning
    rates are those of the paper, degrees weigh 1 and not 0.1; samples come from an average of the weights.
    """
    return Gan(
        nets=Dcgan(), loss=NonSaturating(), penalties=(), lr=1e-3, lr_discriminator=2e-4, betas=(0.5, 0.999),
        inference=Infogan(), batch_size=64,
    )  # fmt: skip
