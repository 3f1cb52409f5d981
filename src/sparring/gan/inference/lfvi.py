"""Variational inference where no density is known: an encoder that makes a learned log ratio small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sparring.gan.inference._nets import Encoder, JointDiscriminator
from sparring.gan.inference.base import Inference, check_numbers
from sparring.gan.losses import GanLoss
from sparring.gan.nets import Discriminator, Generator, Nets
from sparring.types import Scores


@dataclass(frozen=True)
class Lfvi(Inference):
    """The encoder makes E log q(z|x) q(x) / p(x, z) small, at codes it draws itself: a bound on the evidence.

    r(x, z) = −D(x, z) estimates log p(x|z) p(z) − log q(z|x) q(x), told by the logistic loss from pairs of both; then
    min over q of −E_q(x) E_q(z|x) r(x, z), at z = μ(x) + σ(x) ε. G has its loss of D(G(z), z).

    **Not ALI**: there both nets play for one symmetric distance of the two joint distributions, by a bounded loss that
    is the mirror of the discriminator's. Here the encoder's loss is the log ratio itself, KL(q(x, z) ‖ p(x, z)): that
    of variational inference, without bound and zero-forcing, so q(z|x) leaves modes of the posterior out sooner than it
    lies between them.

    Fields: `width` ≥ 1, units of the layers in which image and code meet.

    Shapes: images (n, *shape), codes (n, latent).

    Raises: InputError for a loss whose scores are no log ratios.

    Cost: that of `ali`.

    Source: Tran, Ranganath and Blei 2017, arXiv 1702.08896, section 3, eq. 5 and 6. **Differs**: the parameters of the
    model are the generator's weights, one set of them, trained as in a GAN; in the paper they are random as well, and
    an input of r.

    >>> import torch
    >>> from sparring.registry import parse
    >>> Lfvi().scores_loss(parse("minimax"), torch.tensor([3.0]), torch.tensor([-30.0])).item()
    3.0
    """

    cites = ("tran2017",)
    joint: ClassVar[bool] = True
    answers: ClassVar[bool] = True
    ratio: ClassVar[bool] = True
    width: int = 256

    def __post_init__(self) -> None:
        check_numbers(self, width=self.width)

    def build(self, generator: Generator, discriminator: Discriminator, nets: Nets) -> tuple[Generator, Discriminator]:
        """Give the generator a normal encoder, and the discriminator an input for codes."""
        generator.inference = Encoder(nets.discriminator(generator.shape), generator.latent, gaussian=True)
        return generator, JointDiscriminator(discriminator, generator.latent, self.width)

    def scores_loss(self, loss: GanLoss, real: Scores, fake: Scores) -> Scores:
        """Return the generator's loss, and the log ratio of the encoder's pairs."""
        return loss.generator(real, fake) + real
