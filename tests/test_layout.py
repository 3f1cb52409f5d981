"""The tree keeps its shape: one unit a file, one test file a unit, one name everywhere."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from pathlib import Path

import pytest

import sparring
from sparring.registry import PACKAGES, Unit, units

SOURCE = Path(sparring.__file__).parent
TESTS = Path(__file__).parent
LONGEST = 250
CLASSES = [(kind, name, cls) for kind in PACKAGES for name, cls in units(kind).items()]


def modules() -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if path.stat().st_size]


@pytest.mark.parametrize(("kind", "name", "cls"), CLASSES, ids=[f"{kind}-{name}" for kind, name, _ in CLASSES])
def test_every_unit_has_a_test_file_of_its_name(kind: str, name: str, cls: type[Unit]) -> None:
    path = Path(inspect.getfile(cls))
    assert path.stem == name.replace("-", "_")
    mirror = TESTS / path.parent.relative_to(SOURCE) / f"test_{path.stem}.py"
    assert mirror.exists(), f"{path.name} has no {mirror.relative_to(TESTS.parent)}"
    assert "def test_" in mirror.read_text()


@pytest.mark.parametrize(("kind", "name", "cls"), CLASSES, ids=[f"{kind}-{name}" for kind, name, _ in CLASSES])
def test_every_unit_is_a_frozen_final_value_built_with_no_arguments(kind: str, name: str, cls: type[Unit]) -> None:
    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert cls() == cls()
    assert hash(cls()) == hash(cls())
    assert not inspect.isabstract(cls)
    heirs = [heir for heir in cls.__subclasses__() if heir.__module__.startswith("sparring.")]
    assert not heirs, "a unit is final: compose, do not inherit"


def test_no_two_units_share_a_name_in_any_kind() -> None:
    """`parse` is asked without a kind too."""
    names = [name.replace("-", "_") for _, name, _ in CLASSES]
    assert len(names) == len(set(names))


def test_every_module_of_the_core_has_a_test_file() -> None:
    for folder in ("core", "threats", "victims"):
        for path in sorted((SOURCE / folder).glob("*.py")):
            if path.stem != "__init__":
                assert (TESTS / folder / f"test_{path.stem.lstrip('_')}.py").exists(), path.name


def test_no_test_folder_is_a_package() -> None:
    assert not list(TESTS.rglob("__init__.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_file_says_what_it_is_and_is_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST, f"split it: one idea a file, at most {LONGEST} lines"
    assert ast.get_docstring(ast.parse(text)), "begin with one line that says what the file is for"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_is_left_for_later(path: Path) -> None:
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for word in (
            "TODO",
            "FIXME",
            "XXX",
            "NotImplementedError",
            "weights_only=False",
            "pickle.load",
            "allow_pickle=True",
        ):
            assert word not in line, f"{path.name}:{number} has {word}"
