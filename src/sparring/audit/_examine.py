"""What a model shows, how its gradients are, and which view of it an attack should take.

A model that cannot be attacked as it is (no gradient, labels, probabilities, saturated, random, shattered) is looked
into: several views of it are tried by a short attack on a few samples, and the best is used for all.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from sparring.attacks import attack
from sparring.attacks._objectives import ce, margin
from sparring.attacks._run import default_batch_size
from sparring.audit._protocols import EOT_DRAWS
from sparring.core.checks import check_labels, check_logits, looks_like_probabilities
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import LoadedModel
from sparring.threats import Threat
from sparring.types import Classifier, Images, Labels, Logits
from sparring.victims._reveal import reveal
from sparring.victims.adapted import Adapted
from sparring.victims.base import Access, Victim
from sparring.victims.black_box import BlackBox, as_scores
from sparring.victims.torch import TorchVictim, value_and_gradient
from sparring.victims.views import Averaged, Logarithm, Scaled, Smoothed, Voted, seeded

PROBES = 32
"""Samples that a model is examined on, at the most."""
VOTES = 30
"""Draws in which a random model is judged: a sample is broken where most of them say another class."""
SMALL = 1 / 50
"""Share of ε at which a slope is held against what the loss does."""


@dataclass(frozen=True)
class Examination:
    """What was seen: `victim` is what gradients are asked of (or None), `box` what queries are asked of.

    `facts` holds figures by name for result.json, `findings` what is wrong with the model as it is, in words,
    `adapted` what was done about it.
    """

    victim: Victim | None
    box: Victim
    classes: int
    facts: dict[str, Any]
    findings: tuple[str, ...] = ()
    adapted: tuple[str, ...] = ()

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
    if loaded.access != "gradient":
        box = loaded.victim()
        with box.frozen():
            answer = box.answer(x[:2])
        check_labels(data.labels[indices], len(indices), answer.shape[1])
        return Examination(None, box, answer.shape[1], {"access": box.access})
    plain = TorchVictim(loaded.module, fast=fast)
    with plain.frozen():
        raw = plain.answer(x)
        access = _access(raw)
        classes = len(names) if names and access == "decision" else None
        scores = as_scores(raw, len(x), classes or int(y.max()) + 1, labels=False) if raw.ndim == 2 else None
        if scores is None:
            scores = as_scores(raw, len(x), classes or int(data.labels.max()) + 1, labels=True)
        check_logits(scores, len(x))
        check_labels(data.labels[indices], len(indices), scores.shape[1])
        box = BlackBox(loaded.module, access, scores.shape[1], takes="torch")
        seen = _Subject(loaded.module, plain, box, x, y, scores, threat, fast, draws)
        return _choose(seen, access)


def _access(answer: Tensor) -> Access:
    """Say what an answer shows: labels, be they numbers or one-hot rows, or scores."""
    if not isinstance(answer, Tensor) or answer.ndim == 1 or not answer.is_floating_point():
        return "decision"
    one_hot = answer.ndim == 2 and bool(((answer == 0) | (answer == 1)).all() and (answer.sum(1) == 1).all())
    return "decision" if one_hot else "scores"


@dataclass(frozen=True)
class _Subject:
    """A model on the table: the samples it is looked at with, and its scores (n, k) for them."""

    module: nn.Module
    plain: TorchVictim
    box: BlackBox
    x: Images
    y: Labels
    scores: Logits
    threat: Threat
    fast: bool
    draws: int

    @property
    def right(self) -> Tensor:
        return (self.scores.argmax(1) == self.y).nonzero()[:, 0]


def _choose(seen: _Subject, access: Access) -> Examination:
    facts: dict[str, Any] = {"access": access, "random": _is_random(seen)}
    findings: list[str] = []
    if access == "decision":
        findings.append("it returns labels only, which have no gradient")
    facts["probabilities"] = access == "scores" and looks_like_probabilities(seen.scores)
    if facts["probabilities"]:
        findings.append("it returns probabilities, whose gradients vanish (T3)")
    if facts["random"]:
        findings.append("its answers are random: the same image gets different ones (T32)")
    facts |= _slopes(seen, seen.module) if access == "scores" else {"differentiable": False}
    findings += _wrong(facts, access)
    if not findings and len(list(_distinct(seen, _models(seen, facts)))) < 2:
        return Examination(seen.plain, seen.box, seen.scores.shape[1], facts)
    judge: Classifier = seen.module if access == "scores" else seen.box.model
    box: Victim = seen.box
    if facts["random"]:
        judge = Voted(seen.box.model, VOTES)
        box = BlackBox(judge, "scores", seen.scores.shape[1], takes="torch")
    views = list(_views(seen, judge, facts))
    tried = [
        (_trial(seen, victim) if len(views) > 1 else 0, -place, words, victim)
        for place, (words, victim) in enumerate(views)
    ]
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


def _is_random(seen: _Subject) -> bool:
    """Say whether the same images get other answers under other seeds, beyond rounding."""
    answers = []
    for seed in (1, 2):
        with seeded(seed):
            answers.append(seen.box.answer(seen.x).double())
    spread = float((seen.scores.amax(1) - seen.scores.amin(1)).median())
    return float((answers[0] - answers[1]).abs().max()) > 1e-4 * max(spread, 1e-30)


def _slopes(seen: _Subject, model: Classifier) -> dict[str, Any]:
    """Return how good the gradients of a classifier are: there, finite, not zero, and true a small step away."""
    x, y, threat = seen.x[seen.right], seen.y[seen.right], seen.threat
    if len(x) == 0:
        return {"differentiable": True}
    try:
        with seeded(1):
            _, values, slope = value_and_gradient(model, x, lambda out: margin(out, y, None))
            _, losses, steep = value_and_gradient(model, x, lambda out: ce(out, y, None))
    except (InputError, RuntimeError):
        return {"differentiable": False}
    size = slope.flatten(1).abs().amax(1)
    usable = torch.isfinite(size) & (size > 0)
    facts = {
        "differentiable": True,
        "zero_gradients": float((~usable).double().mean()),
        "saturated_losses": float(((losses == 0) | (steep.flatten(1).abs().amax(1) == 0)).double().mean()),
    }
    near = replace(threat, eps=threat.radius * SMALL) if threat.name() != "l0" else None
    if near is not None and bool(usable.any()):
        z = near.extreme(x, torch.where(torch.isfinite(slope), slope, 0))
        with seeded(1), torch.no_grad():
            rise = (margin(model(z), y, None) - values).double()
        promised = ((z - x).double() * slope.double()).flatten(1).sum(1)
        ratio = (rise / promised.clamp_min(1e-30))[usable]
        facts["slope_kept"] = float(ratio.median())
    return facts


def _wrong(facts: dict[str, Any], access: Access) -> Iterator[str]:
    """Yield what slopes say against the model as it is."""
    if access == "scores" and not facts["differentiable"]:
        yield "it is not differentiable from logits to pixels (T33)"
    if facts.get("zero_gradients", 0) > 0.05:
        yield f"the gradient is zero or not finite on {facts['zero_gradients']:.0%} of samples (T33)"
    elif facts.get("saturated_losses", 0) > 0.05:
        yield f"the cross-entropy is saturated in float32 on {facts['saturated_losses']:.0%} of samples (T4)"
    if _shattered(facts):
        yield (
            f"the gradient is shattered: {SMALL:.0%} of ε away the loss has risen {facts['slope_kept']:.2f} times what "
            "it promises"
        )


def _shattered(facts: dict[str, Any]) -> bool:
    return not facts["random"] and not 0.5 < facts.get("slope_kept", 1.0) < 2


PLAIN = "as it is"
_REVEALED = {
    "none": "gradients of the logits inside it, with slope one where it rounds or detaches",
    "lost": "gradients of the logits inside it, with slope one across steps that lose the gradient (BPDA)",
    "all": "gradients of the logits inside it, with slope one across all that is done to the image first (BPDA)",
}


def _views(seen: _Subject, judge: Classifier, facts: dict[str, Any]) -> Iterator[tuple[str, Victim]]:
    """Yield differentiable views of the model whose gradients differ, the plainest first."""
    for words, model in _distinct(seen, _models(seen, facts)):
        factor = _factor(seen, model)
        told = words if factor == 1 else f"{words}, logits scaled by {factor:.2g} against saturation"
        around: Callable[[Classifier], nn.Module] | None = None
        if facts["random"]:
            around = lambda twin: Averaged(twin, seen.draws)  # noqa: E731
        scaled = model if factor == 1 else Scaled(model, factor)
        yield told, Adapted(seen.module, judge, scaled, around=around, fast=seen.fast)


def _models(seen: _Subject, facts: dict[str, Any]) -> Iterator[tuple[str, Classifier]]:
    """Yield classifiers that may give better gradients than the model, or are the model."""
    healthy = facts["differentiable"] and not facts["probabilities"]
    if healthy:
        yield PLAIN, seen.module
    for bridge, words in _REVEALED.items():
        view = reveal(seen.module, seen.x, seen.scores, bridge)  # type: ignore[arg-type]
        if view is not None:
            yield words, view
    if facts["differentiable"] and facts["probabilities"]:
        yield "the logarithm of its probabilities", Logarithm(seen.module)
    if healthy and not facts["random"]:
        sigma = seen.threat.radius / 4 if seen.threat.name() == "linf" else 0.02
        if _shattered(facts):
            yield f"smoothed over {EOT_DRAWS} noisy copies", Smoothed(seen.module, EOT_DRAWS, sigma)


def _distinct(seen: _Subject, models: Iterator[tuple[str, Classifier]]) -> Iterator[tuple[str, Classifier]]:
    """Yield the models that have a gradient, each direction of it once."""
    known: list[Tensor] = []
    x, y = seen.x[:8], seen.y[:8]
    for words, model in models:
        try:
            with seeded(1):
                _, _, slope = value_and_gradient(model, x, lambda out: margin(out, y, None))
        except Exception:  # whatever a user's model does that cannot be differentiated
            continue
        flat = torch.nn.functional.normalize(slope.double().flatten(1), dim=1)
        if bool(torch.isfinite(flat).all()) and all(float((flat * old).sum(1).mean()) < 0.99 for old in known):
            known.append(flat)
            yield words, model


def _factor(seen: _Subject, model: Classifier) -> float:
    """Return what logits are multiplied by so that their typical margin is at most 20, where float32 still tells."""
    try:
        with torch.no_grad():
            best = model(seen.x).topk(2, dim=1).values
    except Exception:  # the trial will say so
        return 1.0
    lead = float((best[:, 0] - best[:, 1]).median())
    return 1.0 if lead <= 40 else float(f"{20 / lead:.1g}")


def _trial(seen: _Subject, victim: Victim) -> int:
    """Return how many samples a short attack breaks through a view, at ε and at 4 ε; -1 where it fails to run."""
    x, y = seen.x[seen.right], seen.y[seen.right]
    method = "pgd(steps=10, loss='margin')" if seen.threat.name() == "l0" else "apgd(steps=10, loss='margin')"
    broken = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of flat gradients: that is what is being found out
            for times in (1, 4):
                wider = replace(seen.threat, eps=seen.threat.radius * times)
                broken += int(attack(victim, x, y, method, wider, allow_probabilities=True).success.sum())
    except (InputError, RuntimeError):
        return -1
    return broken
