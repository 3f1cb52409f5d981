"""Wasserstein GAN with clipped weights."""

from __future__ import annotations

from sparring.games.alternating import Alternating
from sparring.gan.config.gan import Gan
from sparring.gan.losses.wgan import Wgan
from sparring.gan.nets.dcgan import Dcgan
from sparring.gan.tricks.weight_clipping import WeightClipping


def wgan() -> Gan:
    """Return the WGAN: weights clipped at 0.01, five steps of the critic to one, RMSProp at 5e-5, a batch of 64.

    Source: Arjovsky, Chintala and Bottou 2017, arXiv 1701.07875, algorithm 1. **Differs**: samples come from an average
    of the weights; five steps throughout, where the authors' code takes 100 of them now and then.
    """
    return Gan(
        nets=Dcgan(), loss=Wgan(), penalties=(), tricks=(WeightClipping(),), rule=Alternating(k=5), lr=5e-5,
        optimizer="rmsprop", batch_size=64,
    )  # fmt: skip
