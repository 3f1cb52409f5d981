"""Everything that can be wrong with an audit's input, found before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from sparring.attacks import Attack
from sparring.attacks._objectives import ce
from sparring.core.checks import check_labels, check_logits, check_not_probabilities
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.threats import Threat
from sparring.victims.torch import PROBES, TorchVictim, value_and_gradient


def preflight(victim: TorchVictim, data: Dataset, indices: Tensor, attacks: Sequence[Attack], threat: Threat) -> int:
    """Try the model on a few samples, make its fast twin, and return its number of classes.

    Refuses a threat without a finite ε, attacks that do not fit it, wrong shapes, probabilities, NaN, labels out of
    range, and a model without gradients. Cost: 3 forwards and 1 backward on at most 8 samples, and the twin's check.
    """
    if not threat.bounded:
        raise InputError(
            f"expected a threat with a finite eps for an audit, got {threat}: such as {threat.name()}(8/255)"
        )
    if not attacks:
        raise InputError("expected at least one attack, got none")
    for method in attacks:
        if threat.name() not in method.norms:
            raise InputError(
                f"expected attacks for {threat.name()}, got {method}, which is for {', '.join(method.norms)}"
            )
        if method.goals == "targeted":
            raise InputError(f"expected attacks that leave the label, got {method}, which needs a target")
    x, _ = data.take(indices[:PROBES])
    labels = data.labels
    assert labels is not None  # take has refused data without labels
    with victim.frozen():
        logits = victim.answer(x)
        check_logits(logits, len(x))
        low, _ = threat.limits(x)
        check_not_probabilities(logits, lambda: victim.answer(low + 0.37 * (x - low)))
        check_labels(labels[indices], len(indices), logits.shape[1])
        value_and_gradient(victim.model, x[:1], lambda out: ce(out, out.argmax(1), None))
        for exact in sorted({method.minimal for method in attacks}):
            victim.swift(x, logits, exact=exact)
    return logits.shape[1]
