"""Keep freed memory for the next step: a training asks for the same blocks again and again."""

from __future__ import annotations

import ctypes
import os
import sys

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""The numbers of these two settings in glibc's malloc.h."""


def keep_memory() -> bool:
    """Let the C library keep large freed blocks, for a process whose business is training; say whether it does.

    By default every tensor of more than a few hundred kilobytes is a new mapping, zeroed by the kernel page by page
    and given back when it is freed: a third of a training step's time was seen to go there. What is kept is what the
    process has used at its peak. Only glibc, and only if the environment has no settings of its own.
    """
    if not sys.platform.startswith("linux") or any(name.startswith("MALLOC_") for name in os.environ):
        return False
    try:
        library = ctypes.CDLL(None)
        return bool(library.mallopt(_MMAP_THRESHOLD, 1 << 30) and library.mallopt(_TRIM_THRESHOLD, (1 << 31) - 1))
    except (OSError, AttributeError):  # another C library
        return False
