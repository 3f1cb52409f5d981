"""The verb `substitute`: copy a victim from its labels alone, and attack it through the copy."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sparring.attacks import Attack
from sparring.attacks import attack as run_attack
from sparring.audit.statistics import LEVEL
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import Ensemble, LoadedModel
from sparring.registry import parse_as
from sparring.surrogates._oracle import Oracle
from sparring.surrogates._recipe import Recipe
from sparring.surrogates._rounds import buy, learn
from sparring.surrogates._setup import divide, known_as, same_run, save
from sparring.surrogates._shares import everything, says, share
from sparring.surrogates._transfer import default_attack
from sparring.threats import Threat
from sparring.types import Images, Labels
from sparring.victims.base import Victim

Progress = Callable[[int, int], None]
"""Called with (labels bought so far, labels wanted)."""
SEEDS = 150


@dataclasses.dataclass(frozen=True, eq=False)
class Substitution:
    """A copy of a victim, and what was done with it. `result` is what `result.json` holds.

    `nets`: the substitutes, one for each architecture of the recipe; `net`, their mean. `bought`, `labels`: every
    image that was asked about, and the victim's answer. `originals`, `images` (n, *chw), `truth` (n,): the images
    attacked, before and after; `before`, `after` (n,): what the victim says of them.
    """

    result: dict[str, Any]
    nets: tuple[nn.Module, ...]
    bought: Images
    labels: Labels
    originals: Images
    images: Images
    truth: Labels
    before: Labels
    after: Labels

    @property
    def net(self) -> nn.Module:
        """The substitutes as one."""
        return Ensemble(self.nets).eval()


def substitute(
    model: str | Path | nn.Module | LoadedModel | Victim,
    data: Dataset,
    threat: str | Threat = "linf(0.3)",
    attack: str | Attack | None = None,
    *,
    recipe: Recipe | None = None,
    seeds: int | Dataset = SEEDS,
    n: int | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    batch_size: int | None = None,
    progress: Progress | None = None,
) -> Substitution:
    """Train substitutes on labels bought from a victim, attack them, and show the images to the victim.

    The victim may be anything that can be asked; nothing but its labels is used. Each round trains on all labels so
    far, and asks about x + λ · sign(∂F_ỹ/∂x), x being an image it has asked about, moved a little. The images made at
    the end cost no query: the victim is shown each once, to count. `misclassified` in the result is of all images
    attacked, as Papernot et al. count; `of_right` of those that the victim had right (T50), both with Wilson's
    intervals; the first row of `attacks` is FGSM on one net, as theirs.

    Args:
        model: as `load_model` takes it, or a `Victim`.
        data: images to attack, with labels and names of all classes.
        threat, attack: units or their text; by default momentum with diverse inputs on the mean of all substitutes.
        recipe: how the substitutes are made, and the hard limit on queries.
        seeds: the attacker's first images: so many of `data`, drawn at random, which are then not attacked; or others.
        n: images attacked, drawn at random; by default all that are left.
        seed: decides every random number.
        out: a folder that keeps what was paid for: killed at any moment, the same call goes on there, and asks no
            image again. The substitutes are saved in it.
        progress: is told labels bought and wanted.

    Returns: Substitution.

    Raises: InputError for what does not fit, such as more seeds than queries or another run in `out`.

    Cost: at most recipe.queries queries; 2 answers an image and attack to count (all but the first are cached).

    Source: Papernot et al. 2017, arXiv 1602.02697; Papernot, McDaniel and Goodfellow 2016, arXiv 1605.07277.
    **Differs**: images are moved before their step (`Recipe.move`), several substitutes learn the same labels, and
    the attack is by default one that carries over better, with theirs beside it.

    >>> from sparring.data import load_data
    >>> from sparring.surrogates import train_all
    >>> victim = train_all(["mlp"], load_data("digits:train"), epochs=3)[0]
    >>> few = Recipe(nets=("mlp",), queries=300)
    >>> found = substitute(victim, load_data("digits:test"), recipe=few, seeds=100, n=50)
    >>> found.result["queries"]["sent"], found.result["misclassified"]["share"] > 0.5
    (300, True)
    """
    started = time.perf_counter()
    plan, limit = recipe or Recipe(), parse_as(Threat, threat)
    if limit.bounds != (0.0, 1.0):
        raise InputError(f"expected bounds (0, 1), those of a data set, got {limit}")
    methods = [parse_as(Attack, "fgsm"), parse_as(Attack, default_attack(data.shape) if attack is None else attack)]
    folder = None if out is None else Path(out)
    known, victim, data = known_as(model, data)
    first, x, y = divide(data, seeds, n, seed)
    spec = {
        **known,
        "data": data.name,
        "data_checksum": data.checksum,
        "seeds": data.name if isinstance(seeds, int) else seeds.name,
        "seed_images": len(first),
        "n": len(x),
        "recipe": {**dataclasses.asdict(plan), "nets": list(plan.nets)},
        "attack": str(methods[1]),
        "threat": str(limit),
        "seed": seed,
    }
    same_run(folder, spec)
    oracle = Oracle(victim, limit=plan.queries, folder=folder, identity=known["model_checksum"])
    shown = Oracle(victim, folder=folder, book="shown.jsonl", identity=known["model_checksum"])
    own = child_seed(seed, "substitute") % 2**31
    with victim.frozen():
        bought, labels, rounds = buy(oracle, first, plan, data.classes, seed=own, folder=folder, progress=progress)
    nets = tuple(
        learn(net, bought, labels, data.classes, plan.epochs, plan.lr, own + place)
        for place, net in enumerate(plan.nets)
    )
    save(folder, plan.nets, nets, data, victim=known["model"])
    with victim.frozen():
        before = shown(x)
        rows, images, after = [], x, before
        # The paper's protocol has one substitute and one step; ours has them all.
        for method, source in zip(methods, (nets[0], Ensemble(nets).eval()), strict=True):
            images = run_attack(
                source, x, None, method, limit, seed=seed, early_stop=False, batch_size=batch_size
            ).strongest  # fmt: skip
            after, right, own_after = shown(images), says(source, x) == y, says(source, images)
            rows.append(
                {
                    "attack": str(method),
                    "source": plan.nets[0] if source is nets[0] else "mean of " + ", ".join(plan.nets),
                    "misclassified": share(after != y, everything(y)),
                    "of_right": share(after != y, before == y),
                    "of_broken": share(after != y, (before == y) & right & (own_after != y)),
                    "on_substitute": share(own_after != y, right),
                }
            )
    result = {
        "kind": "substitute",
        "n": len(x),
        "seed_images": len(first),
        "clean": share(before == y, everything(y)),
        "agreement": [
            {"net": net, **share(says(module, x) == before, everything(y))}
            for net, module in zip(plan.nets, nets, strict=True)
        ],
        "misclassified": rows[-1]["misclassified"],
        "of_right": rows[-1]["of_right"],
        "attacks": rows,
        "rounds": rounds,
        "asked": oracle.ledger.before.sent + oracle.ledger.now.sent,
        "queries": oracle.ledger.summary(),
        "shown": shown.ledger.summary(),
        "labels": torch.bincount(labels, minlength=len(data.classes)).tolist(),
        "classes": list(data.classes),
        "threat": str(limit),
        "attack": str(methods[1]),
        "confidence_level": LEVEL,
        "seed": seed,
        "spec": spec,
        "seconds": round(time.perf_counter() - started, 3),
    }
    return Substitution(result, nets, bought, labels, x, images, y, before, after)
