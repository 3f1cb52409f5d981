"""Step sizes given as a share of ε."""

from __future__ import annotations

from sparring.attacks.base import Attack
from sparring.errors import InputError
from sparring.threats.base import Threat


def radius(method: Attack, threat: Threat) -> float:
    """Return ε as a number, or say that this attack needs one."""
    if not threat.bounded:
        raise InputError(
            f"expected a finite eps for {method.name()}, got {threat}: give a radius, or use a minimal attack"
        )
    return threat.radius


def step_size(method: Attack, threat: Threat, given: float | None, share: float) -> float:
    """Return the step size given, or `share` of ε."""
    return given if given is not None else share * radius(method, threat)
