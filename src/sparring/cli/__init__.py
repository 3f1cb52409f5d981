"""The command line: one file a command. Exit codes: 0 done, 1 a threshold was missed, 2 the input was wrong."""

from sparring.cli._app import app, main

__all__ = ["app", "main"]
