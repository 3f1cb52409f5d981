"""How a substitute is made: what is a value here can be printed, stored and varied."""

from __future__ import annotations

import dataclasses

from sparring.errors import InputError, did_you_mean
from sparring.models import Trainable
from sparring.registry import parse, units


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to turn label-only queries into substitutes, for whoever wants other than the defaults.

    Fields:
        nets: architectures; all learn the same labels, and the first leads: its slopes say what is asked next.
        queries: the most images whose labels are asked for, the attacker's own among them.
        step: λ, how far an image moves along the sign of the slope, in units of full scale.
        move: how far an image is turned, resized and shifted at random before its step, in half widths; 0 for not at
            all, as in the paper. Features, which are no images, are never moved.
        flip: τ, rounds after which the sign of the step is turned; 0 never turns it.
        doublings: σ, rounds in which every image has an offspring; later ones draw `reservoir` of them.
        reservoir: κ, images drawn a round then; 0 goes on doubling.
        epochs: of the training at the end; a round in between trains for `steps` updates at least.
        steps: updates of the leading net a round.
        lr: peak rate of the training.

    Raises: InputError for what is out of range.

    Source: Papernot et al. 2017, arXiv 1602.02697, alg. 1 (augmentation by Jacobians); Papernot, McDaniel and
    Goodfellow 2016, arXiv 1605.07277 (the sign that turns, the reservoir). **Differs**: `move`, which lets substitutes
    agree with a victim on far more images for the same number of queries; several nets learn the same labels.

    >>> Recipe(queries=1000).step
    0.1
    """

    nets: tuple[str, ...] = ("cnn", "mlp")
    queries: int = 6400
    step: float = 0.1
    move: float = 0.12
    flip: int = 3
    doublings: int = 0
    reservoir: int = 0
    epochs: int = 6
    steps: int = 150
    lr: float = 3e-3

    def __post_init__(self) -> None:
        if not self.nets:
            raise InputError("expected at least one net for a substitute, got none: give nets such as ('cnn',)")
        for net in self.nets:
            net_of(net)
        least_of = {"queries": 1, "flip": 0, "doublings": 0, "reservoir": 0, "epochs": 1, "steps": 1}
        for name, least in least_of.items():
            if getattr(self, name) < least:
                raise InputError(f"expected {name} >= {least} of a recipe, got {getattr(self, name)}")
        if not 0 <= self.move < 1:
            raise InputError(f"expected move in [0, 1) of a recipe, got {self.move}")
        if not 0 < self.step <= 1 or not self.lr > 0:
            raise InputError(f"expected step in (0, 1] and lr > 0 of a recipe, got {self.step} and {self.lr}")


def net_of(text: str) -> Trainable:
    """Return the architecture that a text names, or say that it is none."""
    unit = parse(text, "model")
    if not isinstance(unit, Trainable):
        names = [name for name, each in units("model").items() if issubclass(each, Trainable)]
        raise InputError(f"expected a net to train, got {unit}{did_you_mean(str(unit), names)}")
    return unit
