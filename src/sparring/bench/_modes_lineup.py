"""Who is compared on problems of known modes, and what was published about them: data, no code."""

from __future__ import annotations

from typing import TypeAlias

from sparring.errors import InputError, did_you_mean
from sparring.gan import Gan, recipe
from sparring.gan.recipes import recipes
from sparring.modes.estimators import Estimator
from sparring.registry import parse, parse_as, show, units

Fields: TypeAlias = dict[str, str]
"""Fields of a `gan(...)`, each as its text."""
SHARED: Fields = {
    "nets": "waves(latent=12, signs=8)", "lr": "1e-3", "batch_size": "128", "cooldown": "0.5", "average": "5000",
}  # fmt: skip
"""What all GANs of points have in common: nets, learning rate, batch, schedule, average."""
PLAIN: Fields = {"loss": "non_saturating()", "penalties": "()"}
GANS: dict[str, Fields] = {
    "baseline": {
        "penalties": "(r1(gamma=1e-4, every=4), r2(gamma=1e-4, every=4))",
        "tricks": "(principal_axes(), instance_noise(until=0.6))",
    },
    "gan": PLAIN,
    "wgan-gp": {
        "loss": "wgan()", "penalties": "(wgan_gp(),)", "rule": "alternating(k=5)", "betas": "(0.0, 0.9)",
    },
    "pacgan": PLAIN | {"tricks": "(packing(m=2),)"},
    "unrolled": PLAIN | {"rule": "unrolled(k=5)"},
    "minibatch": PLAIN | {"tricks": "(minibatch_discrimination(),)"},
    "ali": PLAIN | {"inference": "ali()"},
    "veegan": PLAIN | {"inference": "veegan()"},
    "lfvi": PLAIN | {"inference": "lfvi()"},
    "omie": PLAIN | {"inference": "omie()"},
    "infogan": PLAIN | {"inference": "infogan(classes=0)"},
}  # fmt: skip
"""GANs by name: what each has besides what is shared. The first is the recipe for all problems."""
IMAGES = {
    "baseline": "baseline(cooldown=0.5)", "gan": "dcgan", "wgan-gp": "wgan_gp", "pacgan": "pacgan",
    "unrolled": "dcgan(rule=unrolled(k=5))", "minibatch": "dcgan(tricks=(minibatch_discrimination(),))",
    "ali": "ali", "veegan": "veegan", "lfvi": "lfvi", "omie": "omie", "infogan": "infogan",
}  # fmt: skip
"""The same names on pictures, where they are recipes with nets of their own."""
TRUTH = "truth"
Row = tuple[float | None, float | None, float | None]
PUBLISHED: dict[str, dict[str, dict[str, Row]]] = {
    "Lin et al. 2018": {
        "ring": {
            "gan": (6.3, 98.2, 0.45), "ali": (6.6, 97.6, 0.36), "pacgan": (7.9, 95.6, 0.07),
            "pacgan3": (7.8, 97.7, 0.10), "pacgan4": (7.8, 95.9, 0.07),
        },
        "grid": {
            "gan": (17.3, 94.8, 0.70), "ali": (24.1, 95.7, 0.14), "pacgan": (23.8, 91.3, 0.13),
            "pacgan3": (24.6, 94.2, 0.06), "pacgan4": (24.8, 93.6, 0.04),
        },
        "stacked": {
            "gan": (78.9, None, 4.50), "pacgan": (1000.0, None, 0.06), "pacgan3": (1000.0, None, 0.06),
            "pacgan4": (1000.0, None, 0.07),
        },
    },
    "Srivastava et al. 2017": {
        "ring": {
            "gan": (1.0, 99.3, None), "ali": (2.8, 0.13, None), "unrolled": (7.6, 35.6, None),
            "veegan": (8.0, 52.9, None),
        },
        "grid": {
            "gan": (3.3, 0.5, None), "ali": (15.8, 1.6, None), "unrolled": (23.6, 16.0, None),
            "veegan": (24.6, 40.0, None),
        },
        "diagonal": {
            "gan": (1.6, 2.0, None), "ali": (3.0, 5.4, None), "unrolled": (0.0, 0.0, None),
            "veegan": (5.5, 28.29, None),
        },
        "stacked": {
            "gan": (99.0, None, 3.4), "ali": (16.0, None, 5.4), "unrolled": (48.7, None, 4.32),
            "veegan": (150.0, None, 2.95),
        },
    },
}  # fmt: skip
"""By paper, problem and method: modes, percent of high quality, reverse KL; means as printed. PacGAN's are of packs of
two unless the name says three or four; unrolled ones of five steps; the quality of `diagonal` is by the rule that no
real sample passes."""


def entry(text: str, pictures: bool = False) -> tuple[str, Gan | Estimator]:
    """Return the name and the unit of a method: a name of `GANS`, a recipe, a `gan(...)`, an estimator, or NAME=TEXT.

    `pictures`: whether samples are; names of the line-up are recipes for these.

    Raises: InputError for what is none of these.

    >>> entry("gan")[1].loss, entry("memorizer"), entry("mine=gan(nets=dense())")[0]
    (NonSaturating(smoothing=0.0), ('memorizer', Memorizer()), 'mine')
    """
    label, plain = labeled(text)
    if label:
        return label, entry(plain, pictures)[1]
    if plain in GANS and pictures:
        return plain, recipe(IMAGES[plain])
    if plain in GANS:
        return plain, gan_of(SHARED | GANS[plain])
    name = plain.partition("(")[0].lower().replace("-", "_")
    if name in units("estimator"):
        return plain, parse_as(Estimator, plain)
    if name in units("gan"):
        return plain, parse_as(Gan, plain)
    if name in recipes():
        return plain, recipe(plain)
    known = [*GANS, *units("estimator"), *recipes(), "gan(...)"]
    raise InputError(f"expected a method, got {text!r}{did_you_mean(name, known)}")


def labeled(text: str) -> tuple[str, str]:
    """Return the name that NAME=TEXT gives, or none, and the rest.

    >>> labeled("mine = vae(steps=7)"), labeled("vae(steps=7)")
    (('mine', 'vae(steps=7)'), ('', 'vae(steps=7)'))
    """
    head, equals, rest = text.partition("=")
    if equals and head.strip().replace("-", "_").isidentifier():
        return head.strip(), rest.strip()
    return "", text.strip()


def gan_of(fields: Fields) -> Gan:
    """Return the GAN of some fields.

    >>> gan_of({"lr": "1e-3"}).lr
    0.001
    """
    return parse_as(Gan, f"gan({', '.join(f'{key}={value}' for key, value in fields.items())})")


def default_methods() -> list[str]:
    """Return who is compared unless methods are named."""
    return [*GANS, *units("estimator")]


def whole(unit: Gan | Estimator) -> str:
    """Return a unit's text with every field: what it says does not change with a default."""
    text = show(unit, whole=True)
    assert parse(text) == unit
    return text


def published(problem: str, method: str) -> dict[str, Row]:
    """Return what papers say of a method on a problem, by paper."""
    return {paper: tables[problem][method] for paper, tables in PUBLISHED.items() if method in tables.get(problem, {})}
