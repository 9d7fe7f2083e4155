"""`lamina open`: the page that shows what is going on inside a model."""

from __future__ import annotations

from typing import Annotated

import typer

from lamina.cli.options import options
from lamina.page.opening import Opening


def add(app: typer.Typer) -> None:
    app.command("open", rich_help_panel="Use")(open_page)


@options(Opening)
def open_page(
    model: Annotated[str, typer.Argument(help="Saved model.", show_default=False)],
    data: Annotated[
        str | None,
        typer.Argument(help="Examples to show; by default those that it learned from.", show_default=False),
    ] = None,
    opening: Opening = Opening(),
) -> None:
    """Show what is going on inside a model, in the browser: its layers, an example on its way through them, why it answers what
    it does, where it fails."""
    from lamina.door import open_with

    open_with(model, data, opening)
