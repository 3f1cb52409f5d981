"""Attacks: max over the threat. One method a file; `attack` runs any of them."""

from sparring.attacks._result import Adversarials
from sparring.attacks._run import attack
from sparring.attacks._search import Search
from sparring.attacks.base import Attack

__all__ = ["Adversarials", "Attack", "Search", "attack"]
