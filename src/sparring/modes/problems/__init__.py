"""Data whose modes are known: where each one is, how wide, and how likely."""

from sparring.modes.problems._mixture import Mixture
from sparring.modes.problems.base import Judge, Placed, Problem

__all__ = ["Judge", "Mixture", "Placed", "Problem"]
