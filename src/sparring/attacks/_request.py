"""What is asked of an attack, checked before a single pass is spent."""

from __future__ import annotations

import operator

import torch
from torch import Tensor

from sparring.attacks.base import Attack
from sparring.core.checks import check_images, check_labels, check_levels, check_targets
from sparring.core.levels import nearest_levels
from sparring.errors import InputError
from sparring.registry import parse_as, units
from sparring.threats.base import Threat
from sparring.types import Images, Labels
from sparring.victims.base import ACCESS, Access


def threat_for(method: Attack, threat: str | Threat | None) -> Threat:
    """Return the threat an attack runs under, or say which attacks would do."""
    if threat is None:
        if method.free_threat is None:
            raise InputError(f"expected a threat for {method.name()}, got none: give one such as 'linf(8/255)'")
        return parse_as(Threat, method.free_threat)
    limit = parse_as(Threat, threat)
    if limit.name() not in method.norms:
        others = [
            name
            for name, cls in units("attack").items()
            if issubclass(cls, Attack) and limit.name() in cls.norms and cls.minimal == method.minimal
        ]
        raise InputError(
            f"expected a threat in {' or '.join(method.norms)} for {method.name()}, got {limit}: "
            f"for {limit.name()} there is {', '.join(others) or 'no attack of its kind'}"
        )
    return limit


def check_access(method: Attack, access: Access) -> None:
    """Refuse a victim that shows less than the attack needs, and name attacks that would do."""
    if ACCESS.index(method.needs) > ACCESS.index(access):
        others = [
            name
            for name, cls in units("attack").items()
            if issubclass(cls, Attack) and ACCESS.index(cls.needs) <= ACCESS.index(access)
        ]
        raise InputError(
            f"expected a victim that gives its {method.needs} for {method.name()}, got {access} only: "
            f"there is {', '.join(others) or 'no attack for that'}"
        )


def check_counts(budget: int | None, batch_size: int | None) -> None:
    """Refuse a budget that cannot pay for a look at the image and one at its change, and empty batches."""
    if budget is not None and budget < 2:
        raise InputError(f"expected a budget of at least 2 passes a sample, got {budget}")
    if batch_size is not None and batch_size < 1:
        raise InputError(f"expected batch_size >= 1, got {batch_size}")


def read_images(x: object, threat: Threat, valid: str | None) -> Images:
    """Return the originals, free of any graph, exactly in the box and, if asked, exactly at 8-bit levels."""
    images = check_images(x, threat.limits)
    if valid is not None and valid != "8bit":
        raise InputError(f"expected valid='8bit' or None, got {valid!r}")
    if valid == "8bit":
        if threat.bounds != (0.0, 1.0):
            raise InputError(f"expected bounds (0, 1) for valid='8bit', got {threat.bounds}")
        check_levels(images)
        return nearest_levels(images)
    return threat.clip(images, images)


def read_labels(given: object, x: Images, what: str) -> Labels | None:
    """Return labels or targets (n,), on the device of x; their range is checked once the classes are known."""
    if given is None:
        return None
    if not isinstance(given, Tensor):
        raise InputError(f"expected {what} as a torch.Tensor ({len(x)},), got {type(given).__name__}")
    check_labels(given, len(x), None, what)
    return given.detach().clone().to(x.device, torch.int64)


def read_targets(given: object, x: Images, method: Attack) -> Labels | None:
    """Return the targets (n,) of an attack that can have them, or None; a single class is everyone's."""
    if given is None and method.goals == "targeted":
        raise InputError(f"expected a target for {method.name()}, which only reaches classes, got none: give targets")
    if given is not None and method.goals == "untargeted":
        raise InputError(f"expected no target for {method.name()}, which only leaves labels, got targets")
    if given is not None and not (isinstance(given, Tensor) and given.ndim):
        try:
            given = torch.full((len(x),), operator.index(given))  # type: ignore[arg-type]
        except TypeError:
            raise InputError(
                f"expected targets as a class or a torch.Tensor ({len(x)},), got {type(given).__name__}"
            ) from None
    return read_labels(given, x, "targets")


def check_classes(y: Labels | None, targets: Labels | None, classes: int) -> None:
    """Refuse labels and targets that the model has no class for, and targets that are the label already."""
    if y is not None:
        check_labels(y, len(y), classes)
    if targets is not None:
        check_labels(targets, len(targets), classes, "targets")
        if y is not None:
            check_targets(targets, y)
