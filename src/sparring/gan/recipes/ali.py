"""An encoder learned against the same discriminator as the generator."""

from __future__ import annotations

from sparring.gan.config.gan import Gan
from sparring.gan.inference.ali import Ali
from sparring.gan.losses.non_saturating import NonSaturating
from sparring.gan.nets.dcgan import Dcgan


def ali() -> Gan:
    """Return ALI: a DCGAN whose discriminator sees images beside codes, and a normal encoder; `sparring invert` has it.

    Source: Dumoulin et al. 2017, arXiv 1606.00704; `ali(inference=ali(gaussian=False))` is BiGAN, Donahue, Krähenbühl
    and Darrell 2017, arXiv 1605.09782. **Differs**: nets of DCGAN, without maxout and dropout; learning rate 2e-4 and
    not 1e-4; samples come from an average of the weights.
    """
    return Gan(
        nets=Dcgan(), loss=NonSaturating(), penalties=(), lr=2e-4, betas=(0.5, 0.999), inference=Ali(), batch_size=64,
    )  # fmt: skip
