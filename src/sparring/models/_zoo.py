"""The whole zoo at once: one base net, every broken defense around it, and what a careless evaluation says."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from sparring.attacks import attack
from sparring.core.frozen import frozen
from sparring.core.runs import write_json
from sparring.core.seeds import child_seed
from sparring.data import Dataset
from sparring.errors import InputError, SparringWarning, did_you_mean
from sparring.models._broken import Broken
from sparring.models._fit import accuracy, fit
from sparring.models._load import save_model
from sparring.models.base import Trainable
from sparring.registry import parse, parse_as, units
from sparring.threats.base import Threat

CARELESS = "pgd(steps=20)"
"""What is run on each model as it is: cross-entropy, one start, one draw a look."""

NO_GRADIENT = "no gradient: the attack fails on all"


@dataclass(frozen=True)
class ZooMember:
    """One model of a trained zoo, for whoever compares what was claimed with what is true.

    Fields:
        name: of the unit, which is its folder too; "base" for the undefended net.
        model: the text that builds it, such as "quantized(of=resnet())".
        folder: the run directory that `load_model` takes.
        clean: accuracy on the whole test set, in [0, 1].
        naive: robust accuracy on `n` test samples as a careless evaluation finds it, in [0, 1]; where the attack
            cannot run at all, that is the clean accuracy on them.
        n: samples behind `naive`.
        note: why the careless attack could not run, else empty.
        claimed, fallacy: what was claimed and why it does not hold; empty for the base net.
    """

    name: str
    model: str
    folder: str
    clean: float
    naive: float
    n: int
    note: str = ""
    claimed: str = ""
    fallacy: str = ""


def zoo() -> dict[str, Broken]:
    """Return every broken defense by name, each around its default net.

    >>> zoo()["quantized"].fallacy[:36]
    'the gradient of a step is zero, not '
    """
    return {name: cls() for name, cls in units("model").items() if issubclass(cls, Broken)}


def train_zoo(
    train: Dataset,
    test: Dataset,
    out: str | Path,
    *,
    of: str | Trainable = "resnet",
    epochs: int = 2,
    only: Sequence[str] = (),
    threat: str | Threat = "linf(0.1)",
    n: int = 200,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: Callable[[ZooMember], None] | None = None,
) -> list[ZooMember]:
    """Train one net, put every broken defense around it, and write each as a run directory under `out`.

    The net `of` is trained once, and saved as `out/base`; members that have to be trained with their defense in place
    get weights of their own. The naive figure is that of `pgd(steps=20)` on cross-entropy on `n` random test samples,
    the model taken as it is. All figures also go to `out/zoo.json`.

    Args:
        train, test: labeled data of one shape and the same classes.
        of: the net inside, or its text.
        epochs: of each training; distillation is two of them.
        only: names of members; all without it.
        threat: what the careless attack may do.
        seed: of weights, order of samples, and the attack.
        progress: is handed each member when it is done.

    Returns: the base net and the members, in this order.

    Raises: InputError for unknown names, data without labels, or of two shapes.

    Cost: (1 + members to train) · epochs · len(train) forward and backward passes, and 40 passes a sample of `n` and
    member.

    >>> import tempfile
    >>> from sparring.data import load_data
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     digits = load_data("digits:train"), load_data("digits:test")
    ...     base, steep = train_zoo(*digits, folder, of="cnn(width=4)", epochs=4, only=["steep"], n=20)
    >>> base.clean == steep.clean, base.naive <= steep.naive
    (True, True)
    """
    net_unit = parse(of, "model")
    if not isinstance(net_unit, Trainable):
        raise InputError(f"expected a net to train for the zoo, got {net_unit}: take cnn or resnet")
    members, limit = _chosen(only, net_unit), parse_as(Threat, threat)
    if train.shape != test.shape or train.classes != test.classes:
        raise InputError(f"expected train and test data of one shape and the same classes, got {train} and {test}")
    rows = test.subset(n, seed)
    x, y = test.take(rows)
    train.take([0])
    out, k = Path(out), len(train.classes)

    def enter(unit: Trainable, name: str, net: nn.Module) -> ZooMember:
        net.to(device).eval()
        with torch.random.fork_rng():
            torch.manual_seed(seed)  # a random defense draws from the global generator
            clean = accuracy(net, test)
            naive, note = careless(net, x.to(device), y.to(device), limit, seed)
        claims = (unit.claimed, unit.fallacy) if isinstance(unit, Broken) else ("", "")
        member = ZooMember(name, str(unit), str(out / name), clean, naive, len(x), note, *claims)
        save_model(
            out / name, unit, net.cpu(), input_shape=train.shape, classes=train.classes, data=train.name,
            epochs=epochs, seed=seed, accuracy=clean, naive=naive, attack=CARELESS, threat=str(limit),
        )  # fmt: skip
        if progress:
            progress(member)
        return member

    base = net_unit.build(train.shape, k, seed=seed)
    fit(base, train, epochs=epochs, seed=seed, device=device)
    found = [enter(net_unit, "base", base)]
    for unit in members:
        if unit.trained:
            net = unit.build(train.shape, k, seed=child_seed(seed, unit.name()))
            unit.fit(net, train, epochs=epochs, seed=seed, device=device)
        else:
            net = unit.wrap(base)
        found.append(enter(unit, unit.name(), net))
    write_json(
        out / "zoo.json", {"threat": str(limit), "attack": CARELESS, "members": [asdict(each) for each in found]}
    )
    return found


def careless(model: nn.Module, x: Tensor, y: Tensor, threat: str | Threat, seed: int) -> tuple[float, str]:
    """Return the share of samples left standing by an attack that looks at nothing but its own success, and a note.

    Warnings are not shown and probabilities are taken for logits: that is what makes it careless.
    """
    with frozen(model):
        if not model(x[:1].clone().requires_grad_(True)).requires_grad:
            right = torch.cat([model(x[i : i + 100]).argmax(1) for i in range(0, len(x), 100)]) == y
            return float(right.double().mean()), NO_GRADIENT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SparringWarning)
        found = attack(model, x, y, CARELESS, threat, seed=seed, fast=False, allow_probabilities=True)
    return found.robust_accuracy, ""


def _chosen(only: Sequence[str], of: Trainable) -> list[Broken]:
    """Return the members asked for, each around the net `of`."""
    known = {name.replace("-", "_"): type(unit) for name, unit in zoo().items()}
    wanted = [name.strip().lower().replace("-", "_") for name in only] or list(known)
    for name in wanted:
        if name not in known:
            raise InputError(f"expected a member of the zoo, got {name!r}{did_you_mean(name, known)}")
    return [known[name](of=of) for name in dict.fromkeys(wanted)]
