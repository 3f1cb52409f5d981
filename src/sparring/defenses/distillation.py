"""Defensive distillation: learn a teacher's soft answers at a high temperature, answer at a low one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.defenses._round import Round
from sparring.defenses.base import Defense, Setting
from sparring.errors import InputError
from sparring.models import Trainable
from sparring.models.distilled import Distilled
from sparring.types import Scores


@dataclass(frozen=True)
class Distillation(Defense):
    """Train softmax(z / T) on a teacher's softmax(z_teacher / T), itself trained at T; at test time softmax(z).

    Fields:
        temperature: T ≥ 1.

    Cost: before, a plain training and n forwards; then 1 forward and 1 backward a sample.

    Source: Papernot, McDaniel, Wu, Jha and Swami 2016, arXiv 1511.04508, section IV. **Differs**: the last linear
    layer starts T times larger, so that training at T begins where plain training would (`sparring.models.distilled`).

    >>> from sparring.registry import parse
    >>> str(parse("distillation(temperature=20)").unit(parse("cnn")))
    'distilled(temperature=20)'
    """

    cites = ("papernot2016distillation", "carlini2017")
    claimed = "Papernot et al. 2016: the success of adversarial examples falls from 95 % to less than 0.5 %"
    broken = "Carlini and Wagner 2017: 100 % success by a loss on logits; the softmax is saturated, nothing more"

    temperature: float = 100.0

    def __post_init__(self) -> None:
        if not self.temperature >= 1:
            raise InputError(f"expected temperature of distillation >= 1, got {self.temperature}")

    def unit(self, of: Trainable) -> Trainable:
        """Return the net with a last layer that is T times larger at the start."""
        return Distilled(of=of, temperature=self.temperature)

    def prepare(self, setting: Setting) -> dict[str, Tensor]:
        """Return the teacher's answers at T, probabilities (n, k)."""
        teacher = setting.plain(temperature=self.temperature)
        with torch.no_grad():
            parts = [
                teacher(setting.data.images(rows).to(setting.device)) / self.temperature
                for rows in torch.split(torch.arange(len(setting.data)), 500)
            ]
        return {"soft": torch.cat(parts).softmax(1)}

    def loss(self, play: Round) -> Scores:
        """Return the cross-entropy with the teacher's answers at T."""
        soft = play.prepared["soft"][play.batch.index]
        return -(soft * (play.net(play.x) / self.temperature).log_softmax(1)).sum(1)
