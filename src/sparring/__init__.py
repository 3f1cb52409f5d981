"""sparring: attack classifiers and know how robust they are; harden them; train and judge GANs (to come)."""

from sparring.attacks import Adversarials, attack
from sparring.registry import parse, show

__all__ = ["Adversarials", "attack", "parse", "show"]
