"""What a method, a budget and a published figure are under a protocol, and without one."""

from __future__ import annotations

import dataclasses

from sparring.bench._modes_lineup import Row, default_methods, entry, gan_of, labeled, published
from sparring.bench._modes_protocols import PROTOCOLS, Protocol, Setting
from sparring.errors import InputError, did_you_mean
from sparring.gan import Gan
from sparring.modes import Problem
from sparring.modes.estimators import Estimator
from sparring.registry import parse_as, units


def protocol_of(name: str) -> Protocol:
    """Return a protocol by its name.

    Raises: InputError for a name that is none.

    >>> protocol_of("pacgan").source
    'Lin et al. 2018'
    """
    if name not in PROTOCOLS:
        raise InputError(f"expected a protocol, got {name!r}{did_you_mean(name, PROTOCOLS)}")
    return PROTOCOLS[name]


def setting_of(protocol: str, problem: str) -> Setting:
    """Return a problem under a protocol.

    Raises: InputError when the protocol does not have it.

    >>> setting_of("pacgan", "grid").images
    40000000
    """
    settings, name = protocol_of(protocol).settings, as_published(problem)
    if name not in settings:
        others = [each for each, other in PROTOCOLS.items() if name in other.settings]
        advice = f": {', '.join(others)} has it" if others else ""
        raise InputError(f"expected {' or '.join(settings)} under the protocol {protocol}, got {problem}{advice}")
    return settings[name]


def method_of(text: str, problem: str, protocol: str | None = None) -> tuple[str, Gan | Estimator]:
    """Return the name and the unit of a method on a problem; see `entry`.

    Under a protocol names are those of its methods, with its nets and rates, and estimators; a GAN that is written out,
    with its fields, is as written. Batches are of as many packs as the protocol has samples in a batch.

    Raises: InputError for what is none of these.

    >>> unit = method_of("pacgan", "grid", "pacgan")[1]
    >>> unit.nets, unit.batch_size
    (Maxout(latent=2, hidden=(400, 400, 400, 400), judges=(200, 200, 200), pieces=5, scale=6.0), 200)
    """
    if protocol is None:
        return entry(text, len(parse_as(Problem, problem).shape) == 3)
    setting, methods = setting_of(protocol, problem), protocol_of(protocol).methods
    label, plain = labeled(text)
    if plain in methods:
        unit = gan_of({**setting.shared, **methods[plain]})
        return label or plain, dataclasses.replace(unit, batch_size=setting.batch * unit.pack)
    if "(" not in plain and plain.lower().replace("-", "_") not in units("estimator"):
        raise InputError(
            f"expected a method of the protocol {protocol}, an estimator or gan(...), got {plain!r}"
            f"{did_you_mean(plain, [*methods, *units('estimator')])}"
        )
    return label or plain, entry(plain)[1]


def methods_of(protocol: str | None) -> list[str]:
    """Return who is compared unless methods are named: the line-up and all estimators, or those of a protocol."""
    return default_methods() if protocol is None else list(protocol_of(protocol).methods)


def problems_of(protocol: str | None) -> list[str]:
    """Return where, unless problems are named: points of the protocol, or what it has."""
    points = ["ring", "grid"]
    if protocol is None:
        return points
    settings = protocol_of(protocol).settings
    return [each for each in points if each in settings] or list(settings)


def images_of(unit: Gan | Estimator, images: int, problem: str, protocol: str | None) -> int | None:
    """Return how many real samples a training is shown; None of an estimator, which sees all there are.

    Under a protocol `images` counts packs, and more than its budget is cut to that.

    >>> images_of(method_of("pacgan", "grid", "pacgan")[1], 100_000_000, "grid", "pacgan")
    80000000
    """
    if not isinstance(unit, Gan):
        return None
    return images if protocol is None else min(images, setting_of(protocol, problem).images) * unit.pack


def told_of(protocol: str, problem: str, images: int) -> str:
    """Return what a protocol is, and how much of its budget was spent, in words."""
    setting, shown = setting_of(protocol, problem), min(images, setting_of(protocol, problem).images)
    part = 100 * shown / setting.images
    spent = "all" if part == 100 else f"{part:.3g} %"
    return (
        f"Protocol `{protocol}` ({protocol_of(protocol).source}): {setting.training:,} real samples, batches of "
        f"{setting.batch}. GANs were shown {shown:,}, {spent} of the protocol's {setting.images:,}; those with packs "
        f"as many packs, in batches of as many. Not as there: {setting.differs}"
    )


def published_under(protocol: str | None, problem: str, method: str) -> dict[str, Row]:
    """Return what was published of a method on a problem, by paper: by all, or under a protocol.

    >>> published_under("veegan", "grid", "gan")
    {'Srivastava et al. 2017': (3.3, 0.5, None)}
    """
    if protocol is None:
        return published(as_published(problem), method)
    papers, problem = protocol_of(protocol).papers, as_published(problem)
    return {paper: tables[problem][method] for paper, tables in papers.items() if method in tables.get(problem, {})}


def as_published(problem: str) -> str:
    """Return the name of a problem that is as papers have it, and the text of any other.

    >>> as_published("stacked()"), as_published("stacked(of='fashion-mnist')")
    ('stacked', "stacked(of='fashion-mnist')")
    """
    unit = parse_as(Problem, problem)
    return unit.name() if unit == parse_as(Problem, unit.name()) else problem
