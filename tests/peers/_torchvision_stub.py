"""Let the peers be imported where torchvision and visdom are absent: they name them at import, and use neither here."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType


class _Stub(ModuleType):
    """A module of which any name can be imported; what it gives is only good for being named."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


PARTS = (
    *("torchvision.datasets", "torchvision.models", "torchvision.transforms", "torchvision.transforms.functional"),
    *("torchvision.models.inception", "visdom"),
)


def stub_torchvision() -> None:
    """Put empty modules in the place of torchvision and visdom, where they cannot be found."""
    absent = {top for top in ("torchvision", "visdom") if top not in sys.modules and not importlib.util.find_spec(top)}
    for name in ("torchvision", *PARTS):
        if name.partition(".")[0] not in absent:
            continue
        module = _Stub(name)
        module.__path__ = []
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
