"""Threats: what an attacker may do to an image."""

from sparring.threats.base import Threat

__all__ = ["Threat"]
