"""The zoo of broken defenses, audited: what was claimed with a careless attack, and what is true."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from sparring.attacks import attack
from sparring.audit import audit
from sparring.core.runs import machine, read_json
from sparring.data import Dataset
from sparring.errors import InputError
from sparring.models import Wrapped, ZooMember, load_model
from sparring.registry import parse, parse_as
from sparring.threats import Threat
from sparring.victims.views import Voted, seeded


@dataclass(frozen=True)
class ZooRow:
    """One model: its `clean` accuracy, the `naive` figure, the audit's, and what an insider's attack leaves.

    `insider` attacks the net inside, as if nothing were around it, and replays the images on the model; None where the
    defense is in the weights themselves. All are shares of the same `n` samples.
    """

    name: str
    n: int
    clean: float
    naive: float
    audited: float
    verdict: str
    adapted: str
    insider: float | None


def trained_zoo(folder: str | Path) -> list[ZooMember]:
    """Return the members that `sparring zoo` trained into a folder."""
    listed = read_json(Path(folder) / "zoo.json")
    try:
        return [ZooMember(**each) for each in listed["members"]]
    except (KeyError, TypeError):
        raise InputError(f"expected the zoo.json of a trained zoo in {folder}, got another one") from None


def audit_zoo(
    members: Sequence[ZooMember],
    data: Dataset,
    threat: str | Threat,
    *,
    n: int = 200,
    seed: int = 0,
    progress: Callable[[ZooRow], None] | None = None,
) -> list[ZooRow]:
    """Audit every member of a trained zoo with the default protocol, and attack its inner net as an insider would.

    Cost: an audit a member, and 100 steps of targeted APGD on the net inside for each of its samples.
    """
    rows = []
    for member in members:
        found = audit(member.folder, data, threat, n=n, seed=seed, curve=0)
        judged = found.result["verdict"]
        module = load_model(member.folder, input_shape=data.shape, classes=data.classes).module
        trained = getattr(parse(member.model, "model"), "trained", False)
        insider = (
            _insider(module, data, parse_as(Threat, threat), n, seed)
            if isinstance(module, Wrapped) and not trained
            else None
        )
        row = ZooRow(
            member.name, found.n, found.clean_accuracy, member.naive, found.robust_accuracy, judged["verdict"],
            "; ".join(judged["adapted"]), insider,
        )  # fmt: skip
        rows.append(row)
        if progress is not None:
            progress(row)
    return rows


def _insider(module: Wrapped, data: Dataset, threat: Threat, n: int, seed: int) -> float:
    """Return the share that stands when images made on the inner net are replayed on the model."""
    inner = module.net
    x, y = data.take(data.subset(n, seed))
    outer = Voted(module, 30)
    stands = torch.ones(len(x), dtype=torch.bool)
    module.eval()
    for text in ("apgd(steps=50, loss='margin')", "apgd_t(steps=25)"):
        found = attack(inner, x, y, text, threat, seed=seed, early_stop=False)
        with seeded(seed), torch.no_grad():
            stands &= outer(found.strongest).argmax(1) == y
            stands &= outer(x).argmax(1) == y
    return float(stands.double().mean())


def zoo_table(rows: Sequence[ZooRow], *, data: str, threat: str, command: str) -> str:
    """Return the table as Markdown, with the command, the machine and the date."""
    lines = [
        f"{data}, {threat}, {rows[0].n} samples. Naive: PGD with 20 steps on the model as it is. Insider: images made "
        "on the net inside and replayed. A random model is judged by most of 30 draws.",
        "",
        "| model | clean | naive | **audit** | verdict | insider | what the audit did |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        inside = "–" if row.insider is None else f"{row.insider:.1%}"
        lines.append(
            f"| {row.name} | {row.clean:.1%} | {row.naive:.1%} | **{row.audited:.1%}** | {row.verdict} | {inside} "
            f"| {row.adapted or 'nothing: attacked as it is'} |"
        )
    lines += ["", f"`{command}` on {machine()}, {datetime.date.today().isoformat()}."]
    return "\n".join(lines) + "\n"
