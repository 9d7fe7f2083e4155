"""`lamina`: gathers the commands, and turns errors into one clear message and an exit status."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated

import typer

from lamina.cli import clock  # noqa: F401  imported first: a budget counts from here
from lamina.cli.predict import predict
from lamina.cli.quick import plainly
from lamina.core import LaminaError

COMMANDS = (
    "demo",
    "look",
    "label",
    "learn",
    "predict",
    "generate",
    "explain",
    "search",
    "compare",
    "score",
    "report",
    "open",
    "serve",
    "export",
    "cache",
)

INTERRUPTED = 130  # what Typer ends with after Ctrl-C

app = typer.Typer(
    name="lamina",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Learn from examples: photos or a table in, a calibrated, honest model out.",
)


def _version(asked: bool) -> None:
    if asked:
        from lamina import __version__

        typer.echo(f"lamina {__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Nothing to do before a command."""


def add_commands(only: str | None = None) -> None:
    """Every command, in the order that the help shows; or one of them, where no other is needed."""
    for name in [only] if only in COMMANDS else COMMANDS:
        importlib.import_module(f"lamina.cli.{name}").add(app)


def main() -> None:
    """Run the command line.

    Exit status: 0 done; 1 something is wrong with the data, the plan or the model, said on standard error; 2 the
    command was misspelt; 130 interrupted.
    """
    words = sys.argv[1:]
    try:
        if words[:1] == ["predict"] and (given := plainly(predict, words[1:])) is not None:
            predict(**given)
            return
        add_commands(words[0] if words else None)
        app()
    except LaminaError as error:
        print(f"lamina: {error}", file=sys.stderr)
        sys.exit(1)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            goes_on = (
                "; no model was changed. The same `learn` goes on where it stood." if words[:1] == ["learn"] else ""
            )
            print(f"\nlamina: interrupted{goes_on}", file=sys.stderr)
        raise
    except KeyboardInterrupt:
        print("\nlamina: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
