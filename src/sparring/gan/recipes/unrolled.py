"""A generator that moves by what the discriminator will answer."""

from __future__ import annotations

from sparring.games.unrolled import Unrolled
from sparring.gan.config.gan import Gan
from sparring.gan.losses.minimax import Minimax
from sparring.gan.nets.dense import Dense


def unrolled() -> Gan:
    """Return the unrolled GAN of points in the plane: the minimax loss, five steps ahead, Adam at 1e-3 and 1e-4.

    Both play for one value; looking ahead, the generator sees all of it, what the discriminator says of real points
    included. `unrolled(nets=dcgan(width=16))` is for images, at six times the time of a round.

    Source: Metz, Poole, Pfau and Sohl-Dickstein 2017, arXiv 1611.02163, section 3.1 and appendix A; rates as in the
    authors' code. **Differs**: leaky ReLU in both nets, where theirs have ReLU or tanh; points in [0, 1]; samples come
    from an average of the weights.
    """
    return Gan(
        nets=Dense(latent=256, hidden=(128, 128)), loss=Minimax(), penalties=(), rule=Unrolled(k=5), lr=1e-3,
        lr_discriminator=1e-4, betas=(0.5, 0.999), batch_size=512,
    )  # fmt: skip
