"""The verb `attack`: checks, batches, freezes, runs, confirms, and hands back what holds."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import warnings
from collections.abc import Callable
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from sparring.attacks._search import Finished, Search, inside
from sparring.attacks.base import Attack
from sparring.core.checks import (
    check_images,
    check_labels,
    check_levels,
    check_logits,
    check_not_probabilities,
    check_targets,
)
from sparring.core.seeds import Streams, child_seed, sample_keys
from sparring.errors import InputError, SparringWarning
from sparring.registry import parse_as, units
from sparring.threats.base import Threat
from sparring.types import Classifier, Images, Labels, Logits, Mask, Scores
from sparring.victims.base import ACCESS, Ledger
from sparring.victims.torch import TorchVictim

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (samples newly finished, samples newly broken)."""


@dataclasses.dataclass(frozen=True, eq=False)
class Adversarials:
    """What an attack found, one row a sample; every success was confirmed on the user's own model.

    `images` (n, *chw): the adversarial image, or the original where the attack failed (T22). `success` (n,): the
    image is inside the threat and the model says what the attacker wants; a sample the model had wrong to begin with
    counts as a success at distance 0 (T21). `distance` (n,) in the threat's norm, inf for failures. `forwards`,
    `backwards` (n,): passes spent on each sample, checks and confirmations included. `clean_correct` (n,): the model
    was right (not yet at the target) before. `strongest` (n, *chw): the image closest to success, success or not.
    `flat` (n,): samples that met a zero or non-finite gradient. `labels`, `targets`, `logits_before`, `logits` (n, k).
    """

    images: Images
    success: Mask
    distance: Scores
    forwards: Tensor
    backwards: Tensor
    clean_correct: Mask
    strongest: Images
    flat: Mask
    labels: Labels
    targets: Labels | None
    logits_before: Logits
    logits: Logits
    attack: str
    threat: str
    seconds: float

    def __len__(self) -> int:
        return len(self.images)

    @property
    def success_rate(self) -> float:
        """Share of the samples that were right before and are broken now (T50); nan if none was right."""
        return float(self.success[self.clean_correct].double().mean())

    @property
    def robust_accuracy(self) -> float:
        """Share of all samples that were right before and still stand."""
        return float((~self.success).double().mean())


def attack(
    model: Classifier | TorchVictim,
    x: Images,
    y: Labels | None = None,
    attack: str | Attack = "pgd",
    threat: str | Threat | None = None,
    *,
    targets: Labels | int | None = None,
    seed: int = 0,
    fast: bool = True,
    early_stop: bool = True,
    valid: Literal["8bit"] | None = None,
    budget: int | None = None,
    batch_size: int | None = None,
    allow_probabilities: bool = False,
    progress: Progress | None = None,
) -> Adversarials:
    """Look for adversarial images of every sample, inside the threat, and return what was found and its cost.

    Args:
        model: images (n, *chw) → logits (n, k), a torch module or callable; or a `TorchVictim` to reuse its twin.
        x: images (n, *chw), floating point, inside the threat's bounds.
        y: labels (n,); without them the model's own answers are taken, so the attack changes what it says.
        attack, threat: units or their text. Minimal-distance attacks may go without a threat: ε is then infinite.
        targets: a class, or one a sample (n,), to be reached; none means any class but the label.
        seed: decides every random number, sample by sample: order, batch size and company do not matter (T31).
        fast: run passes on a fast twin of the model; successes are confirmed on the model itself anyway.
        early_stop: a sample broken within ε gets no more passes; False spends them all on a stronger image.
        valid: "8bit" makes every image shown to the model one that an 8-bit file holds, so a saved PNG still works (T14).
        budget: the most forward plus backward passes for one sample, all included; the attack ends there (T37).
        batch_size: samples a pass; by default as many as fit comfortably.
        allow_probabilities: attack a model that returns probabilities, whose gradients vanish (T3).

    Returns: Adversarials, rows in the order of x, on its device.

    Raises: InputError, one line, for anything the attack cannot work with.

    Cost: at most the attack's own `passes` a sample, plus 1 forward before and at most 2 after.

    >>> import torch
    >>> net = torch.nn.Linear(2, 2).requires_grad_(False)
    >>> _ = net.weight.copy_(torch.eye(2)), net.bias.zero_()
    >>> found = attack(net, torch.tensor([[0.6, 0.4]]), torch.tensor([0]), "fgsm", "linf(0.2)")
    >>> bool(found.success), [round(v, 2) for v in found.images[0].tolist()]
    (True, [0.4, 0.6])
    """
    started = time.perf_counter()
    method = parse_as(Attack, attack)
    limit = threat_for(method, threat)
    victim = model if isinstance(model, TorchVictim) else TorchVictim(model, fast=fast)
    _check_access(method, victim)
    if budget is not None and budget < 2:
        raise InputError(f"expected a budget of at least 2 passes a sample, got {budget}")
    if batch_size is not None and batch_size < 1:
        raise InputError(f"expected batch_size >= 1, got {batch_size}")
    check_images(x, limit.limits(x)) if isinstance(x, Tensor) else check_images(x, (torch.zeros(()), torch.ones(())))
    if valid == "8bit":
        if tuple(limit.bounds) != (0.0, 1.0):
            raise InputError(f"expected bounds (0, 1) for valid='8bit', got {limit.bounds}")
        check_levels(x)
    elif valid is not None:
        raise InputError(f"expected valid='8bit' or None, got {valid!r}")
    if isinstance(y, Tensor) and y.shape != (len(x),):
        raise InputError(f"expected {len(x)} labels, one an image, got shape {tuple(y.shape)}")
    aims = torch.full((len(x),), targets, dtype=torch.int64, device=x.device) if isinstance(targets, int) else targets
    if aims is not None and aims.shape != (len(x),):
        raise InputError(f"expected {len(x)} targets, one an image, got shape {tuple(aims.shape)}")
    if method.goals == "targeted" and aims is None:
        raise InputError(f"expected a target for {method.name()}, which only reaches classes, got none: give targets")
    if method.goals == "untargeted" and aims is not None:
        raise InputError(f"expected no target for {method.name()}, which only leaves labels, got targets")
    plan = _Plan(method, limit, seed, early_stop, valid == "8bit", budget, allow_probabilities)
    size = batch_size or default_batch_size(x)
    parts = []
    with victim.frozen():
        for start in range(0, len(x), size):
            rows = slice(start, start + size)
            labels = None if y is None else y[rows]
            part = _attack_batch(victim, x[rows], labels, None if aims is None else aims[rows], plan)
            parts.append(part)
            if progress is not None:
                progress(len(part["success"]), int((part["success"] & part["clean_correct"]).sum()))
    whole = {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
    _warn_flat(whole["flat"] & ~whole["success"])
    return Adversarials(
        **whole, targets=aims, attack=str(method), threat=str(limit), seconds=time.perf_counter() - started
    )


@dataclasses.dataclass(frozen=True)
class _Plan:
    attack: Attack
    threat: Threat
    seed: int
    early_stop: bool
    eight_bit: bool
    budget: int | None
    allow_probabilities: bool


def _attack_batch(
    victim: TorchVictim, x: Images, y: Labels | None, targets: Labels | None, plan: _Plan
) -> dict[str, Tensor]:
    """Run one attack on one batch, and settle every success on the user's own model."""
    ledger = Ledger(len(x))
    everyone = torch.arange(len(x))
    before = victim.answer(x)
    ledger.add(everyone, forwards=1)
    check_logits(before, len(x))
    if not plan.allow_probabilities:
        check_not_probabilities(before, lambda: _darker(victim, x, plan.threat, ledger))
    labels = before.argmax(1) if y is None else y.to(x.device, torch.int64) if _checked(y, before) else y
    if targets is not None:
        check_labels(targets, len(x), before.shape[1], "targets")
        targets = targets.to(x.device, torch.int64)
        check_targets(targets, labels)
        already = before.argmax(1) == targets
    else:
        already = before.argmax(1) != labels
    result = {
        "images": x.clone(),
        "success": already.clone(),
        "distance": torch.where(already, 0.0, torch.inf).double(),
        "strongest": x.clone(),
        "flat": torch.zeros_like(already),
    }
    todo = ~already
    exact = plan.attack.minimal
    for repair in (
        False,
        True,
    ):  # the second round is for the rare success that the model itself does not confirm
        if not bool(todo.any()):
            break
        swift = victim.model if repair else victim.swift(x, before, ledger, exact=exact)
        search = Search(
            swift, x, labels, targets, plan.threat, ledger,
            Streams(sample_keys(x, child_seed(plan.seed, plan.attack.name()))),
            classes=before.shape[1], minimal=plan.attack.minimal, active=todo, early_stop=plan.early_stop,
            budget=plan.budget, eight_bit=plan.eight_bit, confirm=None if swift is victim.model else victim.model,
        )  # fmt: skip
        with contextlib.suppress(Finished):
            plan.attack.run(search)
        again = search.settle(victim.model)
        won = search.success & todo
        for key, found in (("images", search.images), ("distance", search.distance)):
            result[key][won] = found[won]
        result["success"] |= won
        result["strongest"][todo] = search.strongest[todo]
        result["flat"] |= search.flat & todo
        todo = again
    _assert_inside(plan, x, result)
    after = before.clone()
    changed = (result["success"] & ~already).nonzero()[:, 0]
    if len(changed):
        after[changed] = victim.answer(result["images"][changed])
        ledger.add(changed, forwards=1)
    return {
        **result,
        "clean_correct": ~already,
        "labels": labels,
        "logits_before": before,
        "logits": after,
        "forwards": ledger.forwards,
        "backwards": ledger.backwards,
    }


def _darker(victim: TorchVictim, x: Images, threat: Threat, ledger: Ledger) -> Logits:
    low, _ = threat.limits(x)
    ledger.add(torch.arange(len(x)), forwards=1)
    return victim.answer(low + 0.37 * (x - low))


def _checked(y: Labels, logits: Logits) -> bool:
    check_labels(y, len(logits), logits.shape[1])
    return True


def _assert_inside(plan: _Plan, x: Images, result: dict[str, Tensor]) -> None:
    """Refuse to hand out a success that is not inside the threat: an attack or threat has a bug (T9)."""
    held = inside(plan.threat, x, result["images"], eight_bit=plan.eight_bit)
    outside = result["success"] & ~held & (result["distance"] > 0)
    if bool(outside.any()):
        raise AssertionError(f"{int(outside.sum())} adversarial images lie outside {plan.threat}: please report this")


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
            f"for {limit.name()} there is {', '.join(others)}"
        )
    return limit


def _check_access(method: Attack, victim: TorchVictim) -> None:
    if ACCESS.index(method.needs) > ACCESS.index(victim.access):
        raise InputError(
            f"expected a victim that gives its {method.needs} for {method.name()}, got {victim.access} only"
        )


def _warn_flat(stuck: Mask) -> None:
    if bool(stuck.any()):
        warnings.warn(
            f"the gradient was exactly zero or not finite for {int(stuck.sum())} of the samples left standing: "
            "the model may be saturated or not differentiable, and the figure too kind: try loss='margin'",
            SparringWarning,
            stacklevel=3,
        )


def default_batch_size(x: Images) -> int:
    """Return how many samples a pass takes by default: about 200,000 values of input, between 8 and 250 samples."""
    return max(8, min(250, 200_000 // x[0].numel())) if x[0].numel() > 0 else 250
