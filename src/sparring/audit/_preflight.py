"""Everything that can be wrong with an audit's request, found before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from sparring.attacks import Attack
from sparring.attacks._objectives import ce
from sparring.attacks._request import check_access
from sparring.audit._examine import Examination
from sparring.core.checks import check_labels, check_logits, check_not_probabilities
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import LoadedModel
from sparring.threats import Threat
from sparring.victims.black_box import BlackBox
from sparring.victims.torch import PROBES, value_and_gradient


def check_request(threat: Threat, attacks: Sequence[Attack] | None) -> None:
    """Refuse a threat without a finite ε, and attacks that do not fit it or need a target."""
    if not threat.bounded:
        raise InputError(
            f"expected a threat with a finite eps for an audit, got {threat}: such as {threat.name()}(8/255)"
        )
    if attacks is None:
        return
    if not attacks:
        raise InputError("expected at least one attack, got none")
    for method in attacks:
        if threat.name() not in method.norms:
            raise InputError(
                f"expected attacks for {threat.name()}, got {method}, which is for {', '.join(method.norms)}"
            )
        if method.goals == "targeted":
            raise InputError(f"expected attacks that leave the label, got {method}, which needs a target")


def preflight(
    loaded: LoadedModel, data: Dataset, indices: Tensor, attacks: Sequence[Attack], threat: Threat, *, fast: bool
) -> Examination:
    """Try the model as it is on a few samples, for attacks of the user's own choice, and make its fast twin.

    Refuses wrong shapes, probabilities, NaN, labels out of range, and a model that shows less than the attacks need.
    Cost: 3 forwards and 1 backward on at most 8 samples, and the twin's check.
    """
    x, _ = data.take(indices[:PROBES])
    labels = data.labels
    assert labels is not None  # take has refused data without labels
    victim = loaded.victim(fast=fast)
    for method in attacks:
        check_access(method, victim.access)
    by_slope = any(method.needs == "gradient" for method in attacks)
    with victim.frozen():
        logits = victim.answer(x)
        check_logits(logits, len(x))
        check_labels(labels[indices], len(indices), logits.shape[1] - victim.rejects)
        if by_slope:
            low, _ = threat.limits(x)
            check_not_probabilities(logits, lambda: victim.answer(low + 0.37 * (x - low)))
            value_and_gradient(victim.model, x[:1], lambda out: ce(out, out.argmax(1), None))
        for exact in sorted({method.minimal or method.differences for method in attacks}):
            victim.swift(x, logits, exact=exact)
    if victim.access != "gradient":
        return Examination(None, victim, logits.shape[1], {"access": victim.access})
    box = BlackBox(loaded.function, "scores", logits.shape[1])
    return Examination(victim, box, logits.shape[1], {"access": "scores"})
