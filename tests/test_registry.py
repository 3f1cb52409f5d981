"""Text ↔ unit: there and back for every unit, nothing evaluated, and mistakes answered with the closest name."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import subprocess
import sys
import typing
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparring.errors import InputError
from sparring.registry import PACKAGES, Unit, lookup, parse, parse_as, show, units, walk
from sparring.threats import Threat

EVERY = [(kind, name) for kind in PACKAGES for name in units(kind)]


@dataclasses.dataclass(frozen=True)
class Toy(Unit):
    """Fields of every type a unit may have."""

    kind = "attack"
    number: float = 1.5
    count: int = 3
    flag: bool = False
    word: str = "a"
    maybe: float | None = None
    pair: tuple[float, str] = (0.5, "b")
    many: tuple[int, ...] = ()
    choice: Literal["x", "y"] = "x"
    inner: Unit = dataclasses.field(default_factory=lambda: parse("linf(8/255)"))
    units: tuple[Unit, ...] = ()


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Draw values for a field of this type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        if inner[-1] is Ellipsis:
            return st.lists(values(inner[0]), max_size=3).map(tuple)
        return st.tuples(*map(values, inner))
    if origin is not None:
        return st.one_of(*map(values, inner))
    if isinstance(hint, type) and issubclass(hint, Unit):
        return st.sampled_from(
            [parse("pgd(steps=7)"), parse("linf(8/255)"), parse("l2(0.5)"), parse("efficientnet-lite0")]
        )
    by_type: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.integers(),
        float: st.one_of(st.floats(allow_nan=False), st.integers(-300, 300).map(lambda k: k / 255)),
        str: st.text(),
        type(None): st.none(),
    }
    return by_type[hint]


HINTS = {key: hint for key, hint in typing.get_type_hints(Toy).items() if key not in ("kind", "cites", "positional")}
toys = st.fixed_dictionaries({}, optional={key: values(hint) for key, hint in HINTS.items()}).map(lambda kw: Toy(**kw))


@settings(max_examples=300, deadline=None)
@given(unit=toys)
def test_show_and_parse_are_inverse_for_fields_of_every_type(unit: Toy) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Toy, "name", classmethod(lambda cls: "toy"))
        known = lambda kind: units(kind) | ({"toy": Toy} if kind == "attack" else {})  # noqa: E731
        patch.setattr("sparring.registry.units", known)
        assert parse(show(unit)) == parse(show(unit, whole=True)) == unit


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_unit_is_its_text(kind: str, name: str) -> None:
    cls = lookup(name, kind)
    unit = cls()
    assert parse(show(unit), kind) == unit
    assert parse(name, kind) == unit
    assert str(unit) == show(unit)
    assert hash(parse(show(unit), kind)) == hash(unit)
    whole = show(unit, whole=True)
    assert parse(whole, kind) == unit
    for part in walk(unit):
        for field in dataclasses.fields(part)[part.positional :]:
            assert f"{field.name}=" in whole, "what a default is today is written down"
    assert cls.__module__.startswith(PACKAGES[kind] + ".")


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_unit_with_other_values_is_its_text_too(kind: str, name: str) -> None:
    """Each numeric field moved a little, if the unit allows it."""
    cls = lookup(name, kind)
    moved = 0
    for field in dataclasses.fields(cls):
        value = getattr(cls(), field.name)
        if isinstance(value, bool):
            other: Any = not value
        elif isinstance(value, int | float) and math.isfinite(value):
            other = value + 1 if isinstance(value, int) else value * 0.75
        else:
            continue
        try:
            unit = dataclasses.replace(cls(), **{field.name: other})
        except InputError:
            continue
        moved += 1
        assert parse(show(unit), kind) == unit
        assert (show(unit) == show(cls())) == (other == value)
    assert moved or not any(isinstance(getattr(cls(), f.name), int | float) for f in dataclasses.fields(cls))


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("linf(8/255)", "eps", 8 / 255),
        ("linf( 0.5 )", "eps", 0.5),
        ("linf(eps=1)", "eps", 1.0),
        ("linf(inf)", "eps", math.inf),
        ("linf(1e-3)", "eps", 1e-3),
        ("linf(+1/2)", "eps", 0.5),
        ("pgd(loss=dlr)", "loss", "dlr"),
        ('pgd(loss="dlr")', "loss", "dlr"),
        ("pgd(40)", "steps", 40),
        (" pgd ( steps = 4 ) ", "steps", 4),
        ("PGD(steps=4)", "steps", 4),
        ("pgd()", "steps", 40),
        ("pgd(random_start=False)", "random_start", False),
        ("pgd(step_size=None)", "step_size", None),
        ("pgd(step_size=1)", "step_size", 1.0),
        ("linf(0.1, bounds=(-1, 1))", "bounds", (-1, 1)),
        ("linf(0.1, bounds=[-1, 1])", "bounds", (-1, 1)),
        ("linf(0.1, ((0, -1), (1, 2)))", "bounds", ((0, -1), (1, 2))),
        ("linf((1/255, 2/255))", "eps", (1 / 255, 2 / 255)),
    ],
)
def test_what_text_means(text: str, field: str, value: object) -> None:
    assert getattr(parse(text), field) == value


def test_names_with_a_hyphen_are_names() -> None:
    for text in ("efficientnet-lite0", "efficientnet_lite0", "efficientnet-lite0()", " EfficientNet-Lite0 "):
        assert show(parse(text)) == "efficientnet-lite0"
    assert show(parse("fashion-mnist", "data")) == "fashion-mnist"


BAD = [
    "",
    " ",
    "pgd(",
    "pgd)",
    "pgd(steps=)",
    "pgd(steps==4)",
    "pgd steps",
    "3",
    "'pgd'",
    "pgd.steps",
    "pgd()()",
    "pgd[0]",
    "lambda: 1",
    "pgd; fgsm",
    "pgd\x00",
    "pgd(steps=1/0)",
    "pgd(steps=True)",
    "pgd(steps='4')",
    "pgd(steps=4.5)",
    "pgd(steps=4, steps=5)",
    "pgd(40, steps=5)",
    "pgd(1, None, 1, 'ce', True, 9)",
    "pgd(nosuch=1)",
    "pgd(*[1])",
    "pgd(**{})",
    "pgd(steps={1})",
    "pgd(steps=1+1)",
    "pgd(steps=2**9)",
    "pgd(steps=-True)",
    "pgd(loss=3)",
    "pgd(loss=b'ce')",
    "pgd(steps=1j)",
    "pgd(steps=...)",
    "pgd(loss=f'{1}')",
    "linf(nan)",
    "linf(1/)",
    "linf('8/255')",
    "linf(-inf)",
    "linf((1, (2,)))",
    "linf(linf(1))",
    "linf(" + "1/" * 3000 + "1)",
    "linf(" + "(" * 400 + "1" + ")" * 400 + ")",
    "linf(" + "-" * 5000 + "1)",
    "linf(" + "9" * 5000 + ")",
    "linf(" + "9" * 400 + ")",
    "linf(" + "9" * 400 + "/7)",
    "linf(10**10)",
    "pgd-",
    "-pgd",
    "nosuch",
    "pgd(x for x in y)",
    "⊥",
    "pgd(loss=None)",
]


@pytest.mark.parametrize("text", BAD)
def test_bad_text_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("expected ")
    assert "got " in message


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("pgdlinf0123456789(),=/-+*'\"[]{}.:_ \\\n\x00xe"), max_size=30))
def test_no_text_gets_past_parse_but_a_unit_or_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert isinstance(parse(text), Unit)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch HACKED')",
        "pgd(steps=__import__('os').getpid())",
        "pgd(loss=open('HACKED', 'w'))",
        "pgd(steps=(lambda: 4)())",
        "exec(\"open('HACKED', 'w')\")",
        "pgd(loss=pgd.__class__)",
        "pgd(steps=[print(1)])",
        "pgd(steps=(n := 4))",
        "pgd(loss='a' 'b' if 1 else 2)",
        "print(1)",
        "pgd(steps=1 if True else 2)",
    ],
)
def test_nothing_is_evaluated(
    text: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        parse(text)
    assert capsys.readouterr().out == ""
    assert not list(tmp_path.iterdir())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "kind", "hint"),
    [
        ("pdg", None, "'pgd'"),
        ("fgms", "attack", "did you mean 'fgsm'"),
        ("linff(1)", "threat", "did you mean 'linf'"),
        ("pgd(stps=3)", None, "did you mean 'steps'"),
        ("pgd(restart=3)", None, "did you mean 'restarts'"),
        ("linf(1)", "attack", "expected an attack, got 'linf'"),
        ("zzzzz", "threat", "known: l0, l1, l2, linf"),
        ("fashion-mnst", "data", "did you mean 'fashion-mnist'"),
    ],
)
def test_mistakes_are_answered_with_the_closest_name(text: str, kind: str | None, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, kind)
    assert hint in str(caught.value)


def test_units_pass_through_and_kinds_are_kept_apart() -> None:
    unit = parse("linf(0.1)")
    assert parse(unit) is unit
    assert parse_as(Threat, unit) is unit
    with pytest.raises(InputError, match=r"expected a unit of kind 'attack', got the threat 'linf\(0.1\)'"):
        parse(unit, "attack")
    with pytest.raises(InputError, match="got float"):
        parse(0.3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="did you mean 'attack'"):
        units("attacks")


def test_text_is_short_and_reads_as_people_write() -> None:
    for text in (
        "linf(8/255)",
        "pgd",
        "pgd(steps=10, restarts=3)",
        "linf(0.1, bounds=(-1, 1))",
        "l2(0.5)",
        "l1(12)",
        "linf(inf)",
    ):
        assert show(parse(text)) == text


def test_walk_yields_a_unit_and_what_it_holds() -> None:
    inner, other = parse("pgd"), parse("fgsm")
    unit = Toy(inner=parse("l2(1)"), units=(inner, other))
    assert list(walk(unit)) == [unit, parse("l2(1)"), inner, other]


def test_listing_the_registry_loads_no_optional_package() -> None:
    """A machine with the core alone can list, parse and show everything."""
    code = (
        "import sys; from sparring.registry import PACKAGES, units; [units(kind) for kind in PACKAGES];"
        "bad = {'sklearn', 'mlxtend', 'skimage', 'efficientnet_lite_pytorch', 'matplotlib'} & set(sys.modules);"
        "sys.exit(repr(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
