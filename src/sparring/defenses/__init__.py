"""Defenses at training time: min over the weights of what an attacker makes of the loss. One loss a file."""

from sparring.defenses._round import Round
from sparring.defenses.base import Defense, Setting

__all__ = ["Defense", "Round", "Setting"]
