"""Import a peer where packages it names, but does not use here, are absent."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Empty(ModuleType):
    """A module from which any name can be imported; what it gives is only good for being named."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _Finder(MetaPathFinder, Loader):
    def __init__(self, packages: set[str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if fullname.partition(".")[0] in self._packages else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


@contextmanager
def stand_ins(*packages: str) -> Iterator[None]:
    """Let these packages be imported as empty ones inside the block, where they are not installed.

    torchvision has no build for the torch this project pins, and two peers import it at the top for networks and
    transforms that no attack needs. Nothing of the stand-ins is left in `sys.modules` afterwards, so code that asks
    whether torchvision is there is told the truth.
    """
    absent = {name for name in packages if name not in sys.modules and importlib.util.find_spec(name) is None}
    finder = _Finder(absent)
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] in absent]:
            del sys.modules[name]
