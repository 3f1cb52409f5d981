"""Attacks through other models: those of one's own, and copies of a victim made from its labels."""

from sparring.surrogates._oracle import Oracle
from sparring.surrogates._recipe import Recipe
from sparring.surrogates._sources import train_all
from sparring.surrogates._substitute import Substitution, substitute
from sparring.surrogates._transfer import Transfer, transfer

__all__ = ["Oracle", "Recipe", "Substitution", "Transfer", "substitute", "train_all", "transfer"]
