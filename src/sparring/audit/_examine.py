"""What a model shows, how its gradients are, and which view of it an attack should take.

A model that cannot be attacked as it is (no gradient, labels, probabilities, saturated, random, shattered) is looked
into: several views of it are tried by a short attack on a few samples, and the best is used for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sparring.attacks._run import default_batch_size
from sparring.audit._protocols import EOT_DRAWS
from sparring.audit._slopes import Subject, slopes, wrong
from sparring.audit._views import PLAIN, distinct, models, trial, views
from sparring.core.checks import check_labels, check_logits, looks_like_probabilities
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import LoadedModel
from sparring.threats import Threat
from sparring.types import Classifier
from sparring.victims.adapted import Adapted
from sparring.victims.base import Access, Victim
from sparring.victims.black_box import BlackBox, as_scores
from sparring.victims.torch import TorchVictim
from sparring.victims.views import Voted, seeded

PROBES = 32
"""Samples that a model is examined on, at the most."""
VOTES = 30
"""Draws in which a random model is judged: a sample is broken where most of them say another class."""
RECOUNT = 300
"""Draws where that is close."""


@dataclass(frozen=True)
class Examination:
    """What was seen: `victim` is what gradients are asked of (or None), `box` what queries are asked of.

    `facts` holds figures by name for result.json, `findings` what is wrong with the model as it is, in words,
    `adapted` what was done about it. `paid` says that queries are somebody's money, not to be spent on evidence.
    """

    victim: Victim | None
    box: Victim
    classes: int
    facts: dict[str, Any]
    findings: tuple[str, ...] = ()
    adapted: tuple[str, ...] = ()
    paid: bool = False

    @property
    def access(self) -> Access:
        """What the protocol may use."""
        return "gradient" if self.victim is not None else self.box.access

    @property
    def attacked(self) -> Victim:
        """What the protocol runs on."""
        return self.victim or self.box


def examine(
    loaded: LoadedModel, data: Dataset, indices: Tensor, threat: Threat, *, fast: bool = True, draws: int = EOT_DRAWS
) -> Examination:
    """Look at a model on a few of the samples, and choose how to attack it.

    Raises: InputError for answers that are no classification of these data: NaN, wrong shapes, labels out of range.
    Cost: a few passes on at most 32 samples; where something is wrong, some 50 more for each view of the model.
    """
    few = min(PROBES, default_batch_size(data.images(indices[:1])), len(indices))
    x, y = data.take(indices[torch.linspace(0, len(indices) - 1, few).long()])
    assert data.labels is not None  # take has refused data without labels
    names = loaded.classes or data.classes
    if loaded.opaque:
        box = loaded.victim()
        with box.frozen():
            answer = box.answer(x[:2])
        check_labels(data.labels[indices], len(indices), answer.shape[1])
        return Examination(None, box, answer.shape[1], {"access": box.access}, paid=loaded.queries is not None)
    plain, asked = TorchVictim(loaded.module, fast=fast), loaded.function
    with plain.frozen():
        raw = BlackBox(asked).raw(x)
        answer = _as_tensor(raw)
        access = _access(answer)
        count = answer.shape[1] if answer.ndim == 2 else len(names) if names else int(data.labels.max()) + 1
        scores = as_scores(answer, len(x), count, labels=answer.ndim == 1)
        check_logits(scores, len(x))
        check_labels(data.labels[indices], len(indices), count - plain.rejects)
        box = BlackBox(asked, access, count)
        judge = loaded.module if access == "scores" and raw is answer else box.model
        return _choose(Subject(loaded.module, plain, box, judge, x, y, scores, threat, fast, draws), access)


def _as_tensor(raw: Any) -> Tensor:
    try:
        return raw if isinstance(raw, Tensor) else torch.from_numpy(np.array(raw))
    except (TypeError, ValueError):
        what = type(raw).__name__
        raise InputError(f"expected scores (n, classes) or labels (n,) from the model, got {what}") from None


def _access(answer: Tensor) -> Access:
    """Say what an answer shows: labels, be they numbers or one-hot rows, or scores."""
    if answer.ndim == 1 or not answer.is_floating_point():
        return "decision"
    one_hot = answer.ndim == 2 and bool(((answer == 0) | (answer == 1)).all() and (answer.sum(1) == 1).all())
    return "decision" if one_hot else "scores"


def _choose(seen: Subject, access: Access) -> Examination:
    facts: dict[str, Any] = {"access": access, "random": _is_random(seen)}
    findings: list[str] = []
    if access == "decision":
        findings.append("it returns labels only, which have no gradient")
    facts["probabilities"] = access == "scores" and looks_like_probabilities(seen.scores)
    if facts["probabilities"]:
        findings.append("it returns probabilities, whose gradients vanish (T3)")
    if facts["random"]:
        findings.append("its answers are random: the same image gets different ones (T32)")
    facts |= slopes(seen, seen.module) if access == "scores" else {"differentiable": False}
    findings += wrong(facts, access)
    if not findings and len(list(distinct(seen, models(seen, facts)))) < 2:
        return Examination(seen.plain, seen.box, seen.scores.shape[1], facts)
    judge: Classifier = seen.judge
    box: Victim = seen.box
    if facts["random"]:
        judge = Voted(seen.box.model, VOTES, recount=RECOUNT)
        box = Adapted(seen.module, judge, Voted(seen.box.model, VOTES), fast=False, access="scores")
    ways = list(views(seen, judge, facts))
    tried = [
        (trial(seen, victim) if len(ways) > 1 else 0, -place, words, victim)
        for place, (words, victim) in enumerate(ways)
    ]
    if len(tried) > 1:
        facts["views"] = {words: score for score, _, words, _ in tried}
    if not tried:
        told = "no differentiable classifier was found inside it: attacked by queries alone"
        return Examination(None, box, seen.scores.shape[1], facts, tuple(findings), (told,))
    _, _, words, victim = max(tried, key=lambda each: each[:2])
    if not findings and words == PLAIN:
        return Examination(seen.plain, seen.box, seen.scores.shape[1], facts)
    if not findings:
        findings.append("what it does to the image first misleads the gradient")
    done = [] if words == PLAIN else [words]
    if facts["random"]:
        done.append(f"each gradient is a mean of {seen.draws} draws, and a sample is broken where most of {VOTES} are")
    return Examination(victim, box, seen.scores.shape[1], facts, tuple(findings), tuple(done))


def _is_random(seen: Subject) -> bool:
    """Say whether the same images get other answers under other seeds, beyond rounding."""
    answers = []
    for seed in (1, 2):
        with seeded(seed):
            answers.append(seen.box.answer(seen.x).double())
    spread = float((seen.scores.amax(1) - seen.scores.amin(1)).median())
    return float((answers[0] - answers[1]).abs().max()) > 1e-4 * max(spread, 1e-30)
