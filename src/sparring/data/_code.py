"""What a user names in code of their own: `FILE.py:name`, or `package.module:name`."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from sparring.errors import InputError, did_you_mean


@dataclass(frozen=True)
class Found:
    """A value found in a user's code, and the sha256 of the source file it was found in."""

    value: Any
    checksum: str


def is_file_reference(text: str) -> bool:
    """Say whether a text is of the form FILE.py:name, whether or not the file is there."""
    return text.rpartition(":")[0].endswith(".py")


def find_in_code(text: str) -> Found:
    """Import the user's file or module, which runs it, and return what it calls `name`.

    Raises: InputError when the file, the module or the name does not exist, or importing fails.
    """
    where, _, name = text.rpartition(":")
    module = _import_file(Path(where)) if where.endswith(".py") else _import_module(where)
    value = vars(module).get(name)
    if value is None:
        known = [key for key, each in vars(module).items() if callable(each) and not key.startswith("_")]
        hint = did_you_mean(name, known) if known else ", and no function at all"
        raise InputError(f"expected a function in {where}, got {name!r}{hint}")
    return Found(value, _checksum(module))


def call(function: Any, text: str) -> Any:
    """Call a user's function without arguments; what goes wrong in it is told in one line."""
    try:
        return function()
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"expected {text} to run, got {_one_line(error)}") from error


def _import_file(path: Path) -> ModuleType:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise InputError(f"expected a Python file at {path}, got {error.strerror or error}") from None
    # The name holds the content, so an edited file is a new module, and the same one is run once.
    key = f"_sparring_user_{hashlib.sha256(str(path.resolve()).encode() + source).hexdigest()[:16]}"
    if key in sys.modules:
        return sys.modules[key]
    # As `python FILE.py` would; at the end, so that a neighbor called random.py shadows nothing.
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    spec = importlib.util.spec_from_file_location(key, path)
    if spec is None or spec.loader is None:
        raise InputError(f"expected a Python file at {path}, got one that cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[key] = module  # dataclasses and typing look their module up while it runs
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[key]
        raise InputError(f"expected {path} to import, got {_one_line(error)}") from error
    return module


def _import_module(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # as `python -m` would find it
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise InputError(f"expected a module {name!r} to import, got {_one_line(error)}") from error


def _checksum(module: ModuleType) -> str:
    file = module.__file__
    source = Path(file).read_bytes() if file and Path(file).is_file() else module.__name__.encode()
    return hashlib.sha256(source).hexdigest()


def _one_line(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0]}" if words else type(error).__name__
