"""What papers that counted modes trained, on what, for how long, and what they counted: data, no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparring.bench._modes_lineup import PLAIN, PUBLISHED, Fields, Row


@dataclass(frozen=True)
class Setting:
    """One problem under a protocol.

    Fields:
        shared: what all its GANs have in common: nets, rates, average.
        batch: samples a turn, or packs where the discriminator judges packs.
        images: the full budget: real samples, or packs of them, shown to a discriminator.
        training: real samples there are to train on.
        samples: how many are judged.
        differs: what is not as it was there.
    """

    shared: Fields
    batch: int
    images: int
    training: int
    samples: int
    differs: str


@dataclass(frozen=True)
class Protocol:
    """What one paper did.

    Fields:
        source: whose it is, and where its numbers are from.
        methods: GANs by name: what each has besides what is shared.
        settings: by the name of a problem.
        papers: what was published under it: by paper, problem and method.
    """

    source: str
    methods: Mapping[str, Fields]
    settings: Mapping[str, Setting]
    papers: Mapping[str, Mapping[str, Mapping[str, Row]]]


LIN, SRIVASTAVA, METZ = "Lin et al. 2018", "Srivastava et al. 2017", "Metz et al. 2017"

PACKED = {name: PLAIN | {"tricks": f"(packing(m={m}),)"} for name, m in (("pacgan", 2), ("pacgan3", 3), ("pacgan4", 4))}
ALI = PLAIN | {"inference": "ali()"}
SADDLE = {"loss": "minimax()", "penalties": "()"}

POINTS = {"lr": "1e-4", "betas": "(0.8, 0.999)", "rule": "simultaneous()", "average": "0"}
POINTS_DIFFER = (
    "samples lie in a box, by tanh, and theirs anywhere; batch norm sees the samples of all packs at once, theirs the "
    "first of each pack, then the second ones, and so on."
)
DIGITS = Setting(
    {"nets": "dcgan()", "lr": "2e-4", "betas": "(0.5, 0.999)", "average": "0"}, 64, 6_400_000, 128_000, 26_000,
    "the generator moves once a round and theirs twice; nets halve pictures twice, theirs four times; codes are "
    "normal, theirs uniform; digits are drawn from 5,000, theirs from 70,000.",
)  # fmt: skip
LIN_SETTINGS = {
    "ring": Setting(POINTS | {"nets": "maxout(scale=1.5)"}, 100, 40_000_000, 100_000, 2_500, POINTS_DIFFER),
    "grid": Setting(POINTS | {"nets": "maxout(scale=6)"}, 100, 40_000_000, 100_000, 2_500, POINTS_DIFFER),
    "stacked": DIGITS,
}

METZ_RING = Setting(
    {
        "nets": "tanh(scale=1.5)", "lr": "1e-3", "lr_discriminator": "1e-4", "betas": "(0.5, 0.999)", "average": "0",
    },
    512, 12_800_000, 100_000, 2_500,
    "100,000 real samples, where theirs were drawn as they went; eight centers, where their notebook has seven; "
    "samples lie in a box, by tanh; the discriminator moves before the generator looks ahead.",
)  # fmt: skip
AHEAD = {
    name: PLAIN | {"rule": f"unrolled(k={k})"} for name, k in (("unrolled1", 1), ("unrolled", 5), ("unrolled10", 10))
}
METZ_METHODS = {"gan": PLAIN, **AHEAD, **PACKED}


def _narrow(share: str, width: int) -> Setting:
    """Return the stacked digits with a discriminator that has a share of the generator's width."""
    return Setting(
        {
            "nets": f"dcgan(latent=256, width=8, width_discriminator={width})", "lr": "1e-4",
            "lr_discriminator": "2e-4", "betas": "(0.5, 0.99)", "average": "0",
        },
        128, 64_000_000, 128_000, 25_600,
        f"the discriminator has {share} of the generator's channels and two convolutions of 4 × 4, theirs three of "
        "3 × 3 that begin as wide; the generator has no layer at full size; 128,000 triples of 5,000 digits, where "
        "theirs were drawn as they went; rates and budget are those of the code of Lin et al. 2018.",
    )  # fmt: skip


PROTOCOLS = {
    "pacgan": Protocol(
        LIN, {"gan": PLAIN, "ali": ALI, **PACKED}, LIN_SETTINGS, {LIN: PUBLISHED[LIN]},
    ),
    "veegan": Protocol(
        f"{SRIVASTAVA}, with the nets, rates and budgets of {LIN}",
        {
            "gan": PLAIN, "ali": ALI, "unrolled": PLAIN | {"rule": "unrolled(k=5)"},
            "veegan": PLAIN | {"inference": "veegan()"},
        },
        LIN_SETTINGS, {SRIVASTAVA: PUBLISHED[SRIVASTAVA]},
    ),
    "metz": Protocol(
        f"the notebook of {METZ}", {"gan": SADDLE, "unrolled": SADDLE | {"rule": "unrolled(k=5)"}},
        {"ring": METZ_RING}, {},
    ),
    "metz-quarter": Protocol(
        f"{METZ} and {LIN}", METZ_METHODS, {"stacked": _narrow("a quarter", 2)},
        {
            METZ: {"stacked": {
                "gan": (30.6, None, 5.99), "unrolled1": (65.4, None, 5.91), "unrolled": (236.4, None, 4.67),
                "unrolled10": (327.2, None, 4.66),
            }},
            LIN: {"stacked": {
                "gan": (78.5, None, 5.21), "pacgan": (484.5, None, 2.61), "pacgan3": (601.3, None, 2.00),
                "pacgan4": (667.4, None, 1.81),
            }},
        },
    ),
    "metz-half": Protocol(
        f"{METZ} and {LIN}", METZ_METHODS, {"stacked": _narrow("half", 4)},
        {
            METZ: {"stacked": {
                "gan": (628.0, None, 2.58), "unrolled1": (524.0, None, 2.44), "unrolled": (732.0, None, 1.66),
                "unrolled10": (817.4, None, 1.43),
            }},
            LIN: {"stacked": {
                "gan": (487.7, None, 2.24), "pacgan": (840.7, None, 1.00), "pacgan3": (866.6, None, 0.90),
                "pacgan4": (820.2, None, 1.15),
            }},
        },
    ),
}  # fmt: skip
"""By name."""
