"""Asked to keep memory, the C library says whether it does; settings of the user's own are left alone."""

from __future__ import annotations

import platform
import sys

import pytest

from sparring.core import memory
from sparring.core.memory import keep_memory


def test_it_says_whether_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of a library that notes what it is asked: the process of the tests is left alone."""
    asked = []

    class Library:
        def mallopt(self, setting: int, value: int) -> int:
            asked.append((setting, value))
            return 1

    for name in [name for name in memory.os.environ if name.startswith("MALLOC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: Library())
    assert keep_memory() is True
    assert asked == [(-3, 2**30), (-1, 2**31 - 1)]  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD


def test_another_library_and_another_system_keep_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert keep_memory() is False
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_memory() is False


def test_settings_in_the_environment_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: pytest.fail("the library was asked"))
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "131072")
    assert keep_memory() is False


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these settings")
def test_glibc_does() -> None:
    """In a process of its own, since the setting stays."""
    import os
    import subprocess

    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    code = "import importlib.util as u, sys\n"
    code += f"s = u.spec_from_file_location('memory', {memory.__file__!r}); m = u.module_from_spec(s)\n"
    code += "s.loader.exec_module(m); sys.exit(0 if m.keep_memory() is True else 1)"
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False, timeout=60).returncode == 0
