"""What goes wrong on the user's side, told in one line: expected, got, do this."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """The input was wrong; the message says what was expected, what came, and what to do.

    The command line prints it as one line and exits with code 2.
    """


class MissingExtra(InputError):
    """An optional package is not installed; the message names the extra that brings it."""


class SparringWarning(UserWarning):
    """The figure stands, but the reader should know something about how it was made."""


def missing_extra(package: str, extra: str) -> MissingExtra:
    """Return the error that names the extra which brings `package`."""
    return MissingExtra(
        f"expected the package {package!r} to be installed, got none: pip install -c constraints.txt -e '.[{extra}]'"
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `"; did you mean 'x'?"` for the closest known words, or the list of them when none is close.

    >>> did_you_mean("pdg", ["pgd", "fgsm"])
    "; did you mean 'pgd'?"
    >>> did_you_mean("zzz", ["pgd", "fgsm"])
    '; known: fgsm, pgd'
    """
    names = sorted(set(known))
    close = difflib.get_close_matches(word.lower(), names, n=3, cutoff=0.5)
    if not close:
        close = [name for name in names if word and (name.startswith(word) or word.startswith(name))][:3]
    if close:
        return "; did you mean " + " or ".join(repr(name) for name in close) + "?"
    return "; known: " + ", ".join(names)
