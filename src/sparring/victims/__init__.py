"""Victims: what an attacker can see of a model."""
