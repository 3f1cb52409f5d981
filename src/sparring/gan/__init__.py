"""min over generators of max over discriminators: losses, penalties, tricks and nets, and the game made of them."""

from sparring.gan._generate import codes, generate
from sparring.gan.config.gan import Gan
from sparring.gan.game import GanGame
from sparring.gan.losses import GanLoss
from sparring.gan.nets import Discriminator, Generator, Judgement, Nets
from sparring.gan.penalties import Penalty
from sparring.gan.recipes import recipe
from sparring.gan.tricks import Trick

__all__ = [
    "Discriminator",
    "Gan",
    "GanGame",
    "GanLoss",
    "Generator",
    "Judgement",
    "Nets",
    "Penalty",
    "Trick",
    "codes",
    "generate",
    "recipe",
]
