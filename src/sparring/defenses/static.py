"""Static adversarial examples: forge once, add them with their right labels, train again."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from sparring.attacks import Attack, attack
from sparring.attacks.fgsm import FGSM
from sparring.defenses._round import Round
from sparring.defenses.base import Defense, Setting
from sparring.errors import InputError
from sparring.types import Scores

FORGER: Attack = FGSM()
"""What forges, when nothing is named."""


@dataclass(frozen=True)
class Static(Defense):
    """Train on (L(x, y) + λ L(x', y)) / (1 + λ), x' forged once, on a net trained plainly, and never again.

    Fields:
        attack: what forges; whatever it leaves as its strongest image is taken, success or not.
        lam: λ > 0.

    Cost: before, a plain training and the attack's passes; then 2 forwards and 2 backwards a sample.

    Source: Szegedy et al. 2014, arXiv 1312.6199, section 4. **Differs**: the paper keeps a growing pool made anew for
    each layer as it trains; here there is one image for each sample, at 8-bit levels.

    >>> from sparring.registry import parse
    >>> parse("static(attack=pgd(steps=20))").lam
    1.0
    """

    cites = ("szegedy2014",)
    claimed = "Szegedy et al. 2014: the error on clean MNIST falls below 1.2 % from 1.6 %"
    broken = "it resists the images it has seen: new ones, made on the new net, fool it"

    attack: Attack = FORGER
    lam: float = 1.0

    def __post_init__(self) -> None:
        if not self.lam > 0:
            raise InputError(f"expected lam of static > 0, got {self.lam}")
        if self.attack.goals == "targeted":
            raise InputError(f"expected an attack that needs no target inside static, got {self.attack}")

    @property
    def passes(self) -> float:
        """Those of two images a sample."""
        return 4.0

    def prepare(self, setting: Setting) -> dict[str, Tensor]:
        """Return the forged images, uint8 levels (n, *chw)."""
        victim, forged = setting.plain(), []
        place = next(victim.parameters()).device
        for rows in torch.split(torch.arange(len(setting.data)), 500):
            x, y = (each.to(place) for each in setting.data.take(rows))
            found = attack(
                victim, x, y, self.attack, setting.threat, seed=setting.seed, early_stop=False
            )  # fmt: skip
            forged.append((found.strongest * 255).round().to(torch.uint8))
        return {"forged": torch.cat(forged)}

    def loss(self, play: Round) -> Scores:
        """Return the weighed mean of both losses."""
        forged = play.prepared["forged"][play.batch.index].to(torch.float32) / 255
        clean = F.cross_entropy(play.net(play.x), play.y, reduction="none")
        return (clean + self.lam * F.cross_entropy(play.net(forged), play.y, reduction="none")) / (1 + self.lam)
