"""Stand-ins serve an import and leave nothing behind."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import pytest

from sparring.bench._stub import stand_ins


def test_absent_packages_can_be_named_inside_the_block_alone() -> None:
    with stand_ins("no_such_package"):
        from no_such_package.part import anything  # type: ignore[import-not-found]

        assert isinstance(anything, type)
    assert not [name for name in sys.modules if name.startswith("no_such_package")]
    with pytest.raises(ImportError):
        importlib.import_module("no_such_package")


def test_other_absent_packages_stay_absent() -> None:
    with stand_ins("no_such_package"), pytest.raises(ImportError):
        importlib.import_module("another_missing_package")


def test_a_package_that_is_there_is_itself() -> None:
    import json

    with stand_ins("json", "wave"):
        import wave

        assert hasattr(wave, "open")
    assert sys.modules["json"] is json
