"""`lamina generate`: new texts and pictures from a model that learned to make them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lamina.cli.options import options
from lamina.made._wish import Wish


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(generate)


@options(Wish)
def generate(
    model: Annotated[Path, typer.Argument(help="A model learned with --generate.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where to write: a file or folder for texts, a folder for pictures.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each that is made.")] = False,
    wish: Wish = Wish(),
) -> None:
    """Make something new: a text, which shows as it is written, or pictures.

    Nothing is made twice unless the seed is said again; the one that was drawn is told. Ctrl-C ends it, and what was made
    stays.
    """
    from lamina.made._handing import hand
    from lamina.model.model import Model

    loaded = Model.load(model)
    hand(loaded.maker, loaded.graph, wish, out, as_json)
