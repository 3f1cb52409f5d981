"""Harden a classifier: train it against an attacker, keep the best, and audit it before and after."""

from sparring.harden._harden import Hardened, harden
from sparring.harden._recipe import Recipe

__all__ = ["Hardened", "Recipe", "harden"]
