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

from sparring.attacks._request import (
    check_access,
    check_classes,
    check_counts,
    read_images,
    read_labels,
    read_targets,
    threat_for,
)
from sparring.attacks._result import Adversarials
from sparring.attacks._search import Finished, Search
from sparring.attacks._settle import settle
from sparring.attacks._valid import inside
from sparring.attacks.base import Attack
from sparring.core.checks import check_logits, check_not_probabilities, check_targets
from sparring.core.seeds import Streams, child_seed, sample_keys
from sparring.errors import InputError, SparringWarning
from sparring.registry import parse_as
from sparring.threats.base import Threat
from sparring.types import Classifier, Images, Labels, Logits, Mask
from sparring.victims.base import Ledger, OutOfQueries, Victim, draws_of
from sparring.victims.torch import TorchVictim

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (samples newly finished, samples newly broken)."""


def attack(
    model: Classifier | Victim,
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
        model: images (n, *chw) → logits (n, k), a torch module or callable; or a `Victim`: a `TorchVictim` keeps its
            twin, a `BlackBox` shows scores or labels alone. One with an attribute `rejects` that is true answers
            k + 1 logits, the last for a refusal: it has to be fooled into an answer, and a refusal fools nobody (T42).
        x: images (n, *chw), float32 or float64, inside the threat's bounds.
        y: labels (n,); without them the model's own answers are taken, so the attack changes what it says.
        attack, threat: units or their text. Minimal-distance attacks may go without a threat: ε is then infinite.
        targets: a class, or one a sample (n,), to be reached; none means any class but the label.
        seed: decides every random number, sample by sample: order, batch size and company do not matter (T31).
        fast: run passes on a fast twin of the model; successes are confirmed on the model itself anyway.
        early_stop: a sample broken within ε gets no more passes; False spends them all on a stronger image.
        valid: "8bit" makes every image shown to the model one that an 8-bit file holds: a saved PNG still works (T14).
        budget: the most forward plus backward passes for one sample, all included; the attack ends there (T37).
        batch_size: samples a pass; by default as many as fit comfortably.
        allow_probabilities: attack a model that returns probabilities, whose gradients vanish (T3).

    Returns: Adversarials, rows in the order of x, on its device.

    Raises: InputError, one line, for anything the attack cannot work with.

    Cost: 1 forward before, at most the attack's own `passes`, and 1 forward for each claim of success on a twin. A
    sample whose claims do not hold on the model itself is attacked once more there.

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
    victim = model if isinstance(model, Victim) else TorchVictim(model, fast=fast)
    check_access(method, victim.access)
    check_counts(budget, batch_size)
    plan = _Plan(method, limit, seed, early_stop, valid == "8bit", budget)
    parts, checks = [], victim.checks
    # Autograd does not work on tensors of inference mode, so whoever calls from inside it is led out.
    with torch.inference_mode(False), victim.frozen():
        x = read_images(x, limit, valid)
        y, aims = read_labels(y, x, "labels"), read_targets(targets, x, method)
        size = batch_size or default_batch_size(x)
        batches = [slice(start, start + size) for start in range(0, len(x), size)]
        ledgers = [Ledger(len(x[rows])) for rows in batches]
        looks: list[Logits] = []
        # All are looked at first: should the victim's queries end in the attack, it is known where everyone stood.
        for rows, ledger in zip(batches, ledgers, strict=True):
            looks.append(_look(victim, x[rows], limit, ledger, allow_probabilities))
            if len(looks) == 1:
                check_classes(y, aims, looks[0].shape[1] - victim.rejects)
        for rows, before, ledger in zip(batches, looks, ledgers, strict=True):
            classes = before.shape[1] - victim.rejects
            labels = before[:, :classes].argmax(1) if y is None else y[rows]
            part = _attack_batch(victim, x[rows], before, labels, None if aims is None else aims[rows], plan, ledger)
            parts.append(part)
            if progress is not None:
                progress(len(part["success"]), int((part["success"] & part["clean_correct"]).sum()))
    whole = {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
    _warn_flat(whole["flat"] & ~whole["success"])
    return Adversarials(
        **whole, targets=aims, attack=str(method), threat=str(limit), seconds=time.perf_counter() - started,
        checks=victim.checks - checks,
    )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class _Plan:
    attack: Attack
    threat: Threat
    seed: int
    early_stop: bool
    eight_bit: bool
    budget: int | None


def _look(victim: Victim, x: Images, threat: Threat, ledger: Ledger, allow_probabilities: bool) -> Logits:
    """Return the model's answer to the originals, once it is known to be one that can be attacked."""

    def ask(z: Images) -> Logits:
        ledger.add(torch.arange(len(z)), forwards=draws_of(victim.model))
        return victim.answer(z)

    try:
        logits = ask(x)
    except OutOfQueries as spent:
        raise InputError(
            f"expected queries for one look at every image, got {spent}: allow more, or attack fewer"
        ) from None
    check_logits(logits, len(x))
    if victim.access == "gradient" and not allow_probabilities:  # vanishing gradients hurt no query
        low, high = threat.limits(x)
        check_not_probabilities(logits, lambda: ask(threat.clip(x, low + 0.2 * (high - low) + 0.5 * (x - low))))
    return logits


def _attack_batch(
    victim: Victim,
    x: Images,
    before: Logits,
    labels: Labels,
    targets: Labels | None,
    plan: _Plan,
    ledger: Ledger,
) -> dict[str, Tensor]:
    """Run one attack on one batch, and settle every success on the user's own model."""
    if targets is None:
        already = before.argmax(1) != labels
    else:
        check_targets(targets, labels)
        already = before.argmax(1) == targets
    result = {
        "images": x.clone(),
        "success": already.clone(),
        "distance": torch.where(already, 0.0, torch.inf).double(),
        "strongest": x.clone(),
        "flat": torch.zeros_like(already),
        "logits": before.clone(),
    }
    todo = ~already
    # The second round is for the rare success on the twin that the model itself does not confirm.
    for repair in (False, True):
        if not bool(todo.any()) or (repair and not victim.repairs):
            break
        # In bfloat16 neither the sides of a boundary nor two values a pixel apart can be told from each other.
        exact = plan.attack.minimal or plan.attack.differences
        swift = victim.model if repair else victim.swift(x, before, exact=exact)
        search = Search(
            swift, x, labels, targets, plan.threat, ledger,
            Streams(sample_keys(x, child_seed(plan.seed, plan.attack.name()))),
            classes=before.shape[1] - victim.rejects, minimal=plan.attack.minimal, active=todo, budget=plan.budget,
            early_stop=plan.early_stop, eight_bit=plan.eight_bit,
            confirm=None if swift is victim.model else victim.model,
        )  # fmt: skip
        again = torch.zeros_like(todo)
        with contextlib.suppress(Finished, OutOfQueries):
            plan.attack.run(search)
        with contextlib.suppress(OutOfQueries):
            again = settle(search, victim.model)
        won = search.success & todo
        answers = search.answers[:, : before.shape[1]]
        for key, found in (("images", search.images), ("distance", search.distance), ("logits", answers)):
            result[key][won] = found[won].to(result[key].dtype)
        result["success"] |= won
        result["strongest"][todo] = search.strongest[todo]
        result["flat"] |= search.flat & todo
        todo = again
    _assert_inside(plan, x, result)
    return {
        **result,
        "clean_correct": ~already,
        "labels": labels,
        "logits_before": before,
        "forwards": ledger.forwards,
        "backwards": ledger.backwards,
    }


def _assert_inside(plan: _Plan, x: Images, result: dict[str, Tensor]) -> None:
    """Refuse to hand out a success that is not inside the threat: an attack or threat has a bug (T9)."""
    held = inside(plan.threat, x, result["images"], eight_bit=plan.eight_bit)
    outside = result["success"] & ~held & (result["distance"] > 0)
    if bool(outside.any()):
        raise AssertionError(f"{int(outside.sum())} adversarial images lie outside {plan.threat}: please report this")


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
    return max(8, min(250, 200_000 // x[0].numel()))
