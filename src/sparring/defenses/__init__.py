"""Defenses at training time: min over the weights of what an attacker makes of the loss. One loss a file."""
