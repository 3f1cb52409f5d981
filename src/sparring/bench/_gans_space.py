"""Which GANs are compared, and the settings that each is tried with."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sparring.core.seeds import child_seed
from sparring.errors import InputError
from sparring.games.alternating import Alternating
from sparring.gan import Gan, recipe
from sparring.gan.losses.began import Began
from sparring.gan.losses.minimax import Minimax
from sparring.gan.nets import Nets
from sparring.gan.nets.autoencoder import Autoencoder
from sparring.gan.penalties import Penalty
from sparring.gan.tricks.weight_clipping import WeightClipping
from sparring.registry import parse_as

NETS = "dcgan(width=16, norm=False)"
"""Without batch norm in the discriminator, under which the penalties on slopes have no meaning (G14)."""
LOSSES: dict[str, Callable[[], Gan]] = {
    "minimax": lambda: dataclasses.replace(recipe("dcgan"), loss=Minimax()),
    "non_saturating": lambda: recipe("dcgan"),
    "lsgan": lambda: recipe("lsgan"),
    "wgan": lambda: recipe("wgan"),
    "wgan_gp": lambda: recipe("wgan_gp"),
    "dragan": lambda: recipe("dragan"),
    "began": lambda: recipe("began"),
    "hinge": lambda: recipe("hinge"),
    "relativistic": lambda: recipe("baseline"),
}
"""Each loss with what belongs to it, as its recipe has it, but for nets and batch."""
BATCH = 64
LR, RATIO, BETA, TURNS, STRENGTH, GAMMA = (5e-5, 5e-3), (0.25, 4.0), (0.0, 0.9), (1, 5), (0.1, 10.0), (0.1, 1.0)


@dataclass(frozen=True)
class Entry:
    """A GAN of the bench: what its rows are called, and its default setting."""

    name: str
    gan: Gan


def entries(gans: Sequence[str] = (), nets: str | Nets = NETS) -> list[Entry]:
    """Return what is compared: every loss on the same nets and the recipe `baseline`, or those that are named.

    The bare name of a loss puts it on `nets`, at the same batch for all; anything else is a recipe, with nets of its
    own. BEGAN, whose discriminator has to be an autoencoder, gets one as wide.

    Raises: InputError for unknown names, or one that stands twice.

    >>> [entry.name for entry in entries(["hinge", "hinge()"])]
    ['hinge', 'hinge()']
    >>> entries(["began"], "dcgan(width=8)")[0].gan.nets
    Autoencoder(latent=100, width=8)
    """
    unit = parse_as(Nets, nets)
    found = [_entry(text, unit) for text in gans or (*LOSSES, "baseline")]
    names = [entry.name for entry in found]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"expected each GAN once, got {twice[0]} twice")
    return found


def _entry(text: str, nets: Nets) -> Entry:
    name = text.strip().lower().replace("-", "_")
    if name not in LOSSES:
        return Entry(text.strip(), recipe(text))
    unit = LOSSES[name]()
    if unit.loss.autoencodes and not nets.autoencodes:
        nets = Autoencoder(latent=nets.latent, width=int(vars(nets).get("width", Autoencoder.width)))
    return Entry(name, dataclasses.replace(unit, nets=nets, batch_size=BATCH))


def setting(gan: Gan, number: int, seed: int) -> Gan:
    """Return a GAN with the settings of a trial; number 0 is the default.

    They are drawn from the seed and the number alone, so all GANs are tried with the same learning rates, and more
    trials leave the first ones as they were. `words` says what is drawn.

    >>> one, other = (setting(recipe(name), 3, seed=0) for name in ("dcgan", "lsgan"))
    >>> one.lr == other.lr != recipe("dcgan").lr, setting(one, 0, seed=0) == one
    (True, True)
    """
    if not number:
        return gan
    u = np.random.default_rng(child_seed(seed, f"setting {number}")).random(6)
    lr = _round(_log(u[0], LR))
    found = dataclasses.replace(gan, lr=lr, lr_discriminator=_round(lr * _log(u[1], RATIO)))
    if gan.optimizer == "adam":
        found = dataclasses.replace(found, betas=(_round(_line(u[2], BETA)), gan.betas[1]))
    if isinstance(gan.rule, Alternating):
        found = dataclasses.replace(found, rule=Alternating(k=TURNS[int(u[3] * len(TURNS))]))
    factor = _log(u[4], STRENGTH)
    penalties = tuple(_stronger(each, factor) for each in gan.penalties)
    tricks = tuple(
        dataclasses.replace(each, bound=_round(each.bound * factor)) if isinstance(each, WeightClipping) else each
        for each in gan.tricks
    )
    found = dataclasses.replace(found, penalties=penalties, tricks=tricks)
    if isinstance(gan.loss, Began):
        found = dataclasses.replace(found, loss=dataclasses.replace(gan.loss, gamma=_round(_line(u[5], GAMMA))))
    return found


def words(gan: Gan) -> str:
    """Return what is drawn of a GAN, and from where.

    >>> print(words(recipe("wgan")))
    lr 5e-05 to 0.005, lr_discriminator 1/4 to 4 of it, turns of the discriminator 1 or 5, bound 0.001 to 0.1
    """
    drawn = [f"lr {LR[0]:g} to {LR[1]:g}, lr_discriminator 1/4 to 4 of it"]
    if gan.optimizer == "adam":
        drawn.append(f"β₁ {BETA[0]:g} to {BETA[1]:g}")
    if isinstance(gan.rule, Alternating):
        drawn.append("turns of the discriminator " + " or ".join(map(str, TURNS)))
    bounds = [(each, _strength(each)) for each in gan.penalties]
    strengths = [(f"{name} of {each.name()}", float(getattr(each, name))) for each, name in bounds]
    strengths += [("bound", each.bound) for each in gan.tricks if isinstance(each, WeightClipping)]
    drawn += [f"{name} {low * STRENGTH[0]:g} to {low * STRENGTH[1]:g}" for name, low in strengths]
    if isinstance(gan.loss, Began):
        drawn.append(f"γ {GAMMA[0]:g} to {GAMMA[1]:g}")
    return ", ".join(drawn)


def _strength(penalty: Penalty) -> str:
    """Return the field that says how much a penalty counts."""
    return next(field.name for field in dataclasses.fields(penalty) if field.name in ("weight", "gamma"))


def _stronger(penalty: Penalty, factor: float) -> Penalty:
    name = _strength(penalty)
    return dataclasses.replace(penalty, **{name: _round(factor * float(getattr(penalty, name)))})


def _log(u: float, ends: tuple[float, float]) -> float:
    return math.exp(_line(u, (math.log(ends[0]), math.log(ends[1]))))


def _line(u: float, ends: tuple[float, float]) -> float:
    return ends[0] + float(u) * (ends[1] - ends[0])


def _round(value: float) -> float:
    """Return a value to three digits, as it is shown and can be typed."""
    return float(f"{value:.3g}")
