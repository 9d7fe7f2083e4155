"""The command line: the same verbs as in Python, one file per command. Options derive from `Plan` and `Reading`."""

from lamina.cli.main import app, main

__all__ = ["app", "main"]
