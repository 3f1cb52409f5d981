"""Docstrings carry what a reader needs: formula, fields, cost, source, what differs, and an example that runs."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import FunctionType

import pytest

import sparring
from sparring.registry import PACKAGES, Unit, units

ROOT = Path(sparring.__file__).parent
CLASSES = [(kind, name, cls) for kind in PACKAGES for name, cls in units(kind).items()]
IDS = [f"{kind}-{name}" for kind, name, _ in CLASSES]
VERBS = [getattr(sparring, name) for name in sparring.__all__ if isinstance(getattr(sparring, name), FunctionType)]
NEEDS = {
    "attack": ("Source:", "**Differs**", "Cost:", ">>> "),
    "threat": ("Source:", "**Differs**", ">>> "),
    "model": ("Source:", "Differs", ">>> "),
    "data": ("Source",),
    "rule": ("Source:", "**Differs**", "Cost:", ">>> "),
    "defense": ("Source:", "**Differs**", "Cost:", ">>> "),
    "guard": ("Source:", "**Differs**", "Cost:", ">>> "),
    "loss": ("Source:", "**Differs**", "Cost:", ">>> "),
    "penalty": ("Source:", "**Differs**", "Cost:", ">>> "),
    "trick": ("Source:", "**Differs**", "Cost:", ">>> "),
    "nets": ("Source:", "**Differs**", "Shapes:", ">>> "),
    "inference": ("Source:", "**Differs**", "Shapes:", "Cost:", ">>> "),
    "gan": ("Source:", "**Differs**", "Cost:", ">>> "),
    "metric": ("Source:", "**Differs**", "Cost:", "Interval:", ">>> "),
    "features": ("Source:", "**Differs**", "Shapes:", ">>> "),
    "problem": ("Source:", "**Differs**", "Shapes:", ">>> "),
    "estimator": ("Source:", "**Differs**", "Cost:", ">>> "),
}


@pytest.mark.parametrize(("kind", "name", "cls"), CLASSES, ids=IDS)
def test_every_unit_says_what_its_kind_must(kind: str, name: str, cls: type[Unit]) -> None:
    text = inspect.getdoc(cls) or ""
    first = text.splitlines()[0]
    assert len(first) > 20, "one line that says what it does"
    missing = [word for word in NEEDS[kind] if word not in text]
    assert not missing, f"{name}: its docstring lacks {', '.join(missing)}"
    if kind not in ("model", "data"):
        assert re.search(r"(19|20)\d\d", text.split("Source:")[1]), "a source has a year"


@pytest.mark.parametrize(("kind", "name", "cls"), CLASSES, ids=IDS)
def test_every_field_is_in_the_docstring(kind: str, name: str, cls: type[Unit]) -> None:
    text = inspect.getdoc(cls) or ""
    fields = list(inspect.signature(cls).parameters)
    assert [field for field in fields if not re.search(rf"`{field}`|^\s*{field}: ", text, re.MULTILINE)] == []


@pytest.mark.parametrize(("kind", "name", "cls"), CLASSES, ids=IDS)
def test_every_citation_is_in_the_bibliography(kind: str, name: str, cls: type[Unit]) -> None:
    keys = re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text(), re.MULTILINE)
    assert len(keys) == len(set(keys)), "a key stands twice in references.bib"
    assert set(cls.cites) <= set(keys)
    if kind not in ("model", "data"):
        assert cls.cites, f"{name} cites nothing"


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_every_verb_says_what_it_returns_raises_and_costs_and_shows_it(verb: FunctionType) -> None:
    text = inspect.getdoc(verb) or ""
    assert ">>> " in text
    assert "Raises:" in text or "inverse" in text or "parse(show(u))" in text


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_class_and_function_has_a_docstring(path: Path) -> None:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"
