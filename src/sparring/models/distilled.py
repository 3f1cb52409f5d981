"""Defensive distillation: a net taught at a high temperature and used at a low one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models._broken import Broken
from sparring.models._fit import Record, fit
from sparring.models.steep import Times
from sparring.types import Images, Logits


@dataclass(frozen=True)
class Distilled(Broken):
    """A net that learned another's soft answers at temperature T and answers at 1: its logits are T times too large.

    Teacher: softmax(z_teacher / T) on labels. Student: softmax(z / T) on the teacher's softmax(z_teacher / T).
    At test time softmax(z).

    Fields:
        of: the net, of both teacher and student. The defense is all in the weights: `fit` trains both.
        temperature: T, ≥ 1.

    Shapes: those of the net.
    Cost: to train, two trainings and n forward passes.
    Source: Papernot, McDaniel, Wu, Jha and Swami 2016, arXiv 1511.04508, section IV; broken by Carlini and Wagner
    2017, arXiv 1608.04644.
    Differs: the last linear layer starts T times larger, so that training at T begins where plain training would, and
    a few epochs are enough; the paper waits for the logits to grow.

    >>> from sparring.registry import parse
    >>> parse("distilled(temperature=40)").build((1, 8, 8), 10)(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """

    cites = ("papernot2016distillation", "carlini2017")
    claimed = "Papernot et al. 2016: the success of adversarial examples falls from 95 % to less than 0.5 %"
    fallacy = "the softmax saturates in float32, the boundary stays: a loss on logits succeeds on every image"
    trained = True

    temperature: float = 100.0

    def __post_init__(self) -> None:
        if not self.temperature >= 1:
            raise InputError(f"expected temperature of distilled to be at least 1, got {self.temperature}")

    def layers(self, input_shape: tuple[int, ...], classes: int) -> nn.Module:
        """Return a fresh net whose last linear layer is T times larger than usual."""
        net = self.of.layers(input_shape, classes)
        linear = [module for module in net.modules() if isinstance(module, nn.Linear)]
        with torch.no_grad():
            for parameter in linear[-1].parameters() if linear else ():
                parameter.mul_(self.temperature)
        return net

    def wrap(self, net: nn.Module) -> nn.Module:
        """Return the net as it is: one that was not distilled does not become so by a wrapper."""
        return net

    def fit(self, module: nn.Module, dataset: Dataset, **options: Any) -> list[Record]:
        """Train a teacher, then what `build` returned on its answers; options are those of `sparring.models.fit`."""
        seed, device = options.get("seed", 0), options.get("device", "cpu")
        teacher = self.build(dataset.shape, len(dataset.classes), seed=seed + 1)  # not the student's first weights
        records = fit(self._warm(teacher), dataset, **options)
        soft = _answers(self._warm(teacher), dataset, device)
        return records + fit(self._warm(module), dataset, soft=soft, **options)

    def _warm(self, net: nn.Module) -> nn.Module:
        return nn.Sequential(net, Times(1 / self.temperature))


@torch.no_grad()
def _answers(net: nn.Module, dataset: Dataset, device: str | torch.device) -> Logits:
    """Return the probabilities (n, k) of a net on every sample."""

    def answer(x: Images) -> Logits:
        logits: Logits = net(x.to(device))
        return logits.softmax(1).cpu()

    return torch.cat([answer(dataset.images(slice(i, i + 500))) for i in range(0, len(dataset), 500)])
