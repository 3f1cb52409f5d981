"""Which attacks an audit runs: by protocol, norm and what the victim shows."""

from __future__ import annotations

from sparring.attacks import Attack
from sparring.errors import InputError, did_you_mean
from sparring.registry import parse_as
from sparring.threats import Threat
from sparring.victims.base import Access

FAST = (
    "apgd(steps=25, loss='margin')",
    "apgd_t(steps=20, give_up=0.7)",
    "apgd_t(steps=40, give_up=0.25, wide=True)",
)
FAST_L2 = ("apgd(steps=25, loss='margin', wide=True)", "apgd_t(steps=20, wide=True, give_up=0.7)")
FAST_L1 = ("apgd(steps=75, loss='margin')", "apgd_t(steps=50, give_up=0.7)")
FAST_L0 = ("sigma_zero(steps=200)", "fmn", "pgd(loss='margin')")
MORE_STEPS = ("apgd(loss='margin', restarts=3, wide=True)", "apgd_t(steps=100, loss='margin', wide=True)")
STANDARD = ("apgd", "apgd_t", "fab(targets=9)", "square")

PROTOCOLS: dict[str, dict[str, tuple[str, ...]]] = {
    "fast": {"linf": FAST, "l2": FAST_L2, "l1": FAST_L1, "l0": FAST_L0},
    "autoattack": {
        "linf": STANDARD,
        "l2": STANDARD,
        "l1": ("apgd(restarts=5)", "apgd_t(targets=5)", "fab(targets=9)", "square"),
    },
    "rand": dict.fromkeys(("linf", "l2", "l1"), ("apgd", "apgd(loss='dlr')")),
    "thorough": {
        "linf": (*FAST, *MORE_STEPS, *STANDARD[1:]),
        "l2": (*FAST_L2, *MORE_STEPS, *STANDARD[1:]),
        "l1": (*FAST_L1, *MORE_STEPS, *STANDARD[1:]),
        "l0": ("sigma_zero(steps=1000)", "fmn(steps=500)", "pgd(loss='margin', steps=100, restarts=3)"),
    },
}
"""By protocol and norm, in the order they are run; the figure is the worst case over them, sample by sample.

fast: the margin's climb, then short climbs to each class; in L2 by way of wider balls, where that matters most: of 60
images of a net hardened in Linf, l2(1.5) left 26 standing by the narrow climb and 12 by the wide one. autoattack: the
published standard ensemble (Croce and Hein 2020; in L1, 2021). rand: its form for random models, each gradient a mean
of 20 draws. thorough: the standard and more.
"""

QUERIES: dict[Access, dict[str, tuple[str, ...]]] = {
    "scores": dict.fromkeys(("linf", "l2", "l1"), ("square",)),
    "decision": {"linf": ("rays",), "l2": ("hopskipjump",)},
}
"""What is run instead where there is no gradient: by what the victim shows, and norm."""

DRAWS = {"rand": 20}
"""Draws that a gradient of a random model averages over, where it is not `EOT_DRAWS`."""
EOT_DRAWS = 8


def attacks_of(protocol: str, threat: Threat, access: Access = "gradient") -> tuple[Attack, ...]:
    """Return the attacks of a protocol, in order.

    Raises: InputError for an unknown protocol, and where there is nothing for this norm.
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"expected a protocol, got {protocol!r}{did_you_mean(protocol, PROTOCOLS)}")
    table = PROTOCOLS[protocol] if access == "gradient" else QUERIES[access]
    norm = threat.name()
    if norm not in table:
        which = protocol if access == "gradient" else f"a victim that shows {access} only"
        raise InputError(f"expected a threat in {', '.join(table)} for {which}, got {threat}")
    return tuple(parse_as(Attack, text) for text in table[norm])
