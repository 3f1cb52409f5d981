"""The application: finds the commands, and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import warnings
from typing import TextIO

import typer

import sparring.cli
from sparring.errors import InputError, SparringWarning
from sparring.victims.base import OutOfQueries

app = typer.Typer(
    name="sparring",
    help="Attack and harden classifiers, know how robust they are; train and judge GANs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

UsageError: type[Exception] = typer.BadParameter.__mro__[2]  # typer's base of all wrong command lines


def main() -> None:
    """Run the command line."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code: 0 done, 1 a threshold was missed, 2 the input was wrong."""
    _find_commands()
    warnings.showwarning = _show_warning
    warnings.simplefilter("always", SparringWarning)
    try:
        code = app(arguments, standalone_mode=False)
    except InputError as error:
        return _refuse(str(error))
    except OutOfQueries as spent:  # where an attack would keep what it has found, there is nothing to keep
        return _refuse(f"expected queries for the whole of it, got {spent}: allow more, or ask less")
    except UsageError as error:
        return _refuse(f"{_words(error).rstrip('.')}: see sparring --help")
    except typer.Abort:
        return 130
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on where its run directory ends", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as in `sparring list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _refuse(f"expected to read and write files, got {error}")
    return code if isinstance(code, int) else 0


def _words(error: Exception) -> str:
    """Return typer's message for a wrong command line, which knows the option's name."""
    words = getattr(error, "format_message", None)
    return str(words()) if callable(words) else str(error)


def _refuse(message: str) -> int:
    print("error: " + " ".join(message.split()), file=sys.stderr)
    return 2


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if issubclass(category, SparringWarning):
        print(f"warning: {message}", file=sys.stderr)


def _find_commands() -> None:
    """Import every command's file; each registers itself on `app`."""
    for info in pkgutil.iter_modules(sparring.cli.__path__):
        if not info.name.startswith("_"):
            importlib.import_module(f"sparring.cli.{info.name}")
