"""`lamina serve`: models as an HTTP service."""

from __future__ import annotations

from typing import Annotated

import typer

from lamina.cli.options import options
from lamina.serving.settings import Serving


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(serve)


@options(Serving)
def serve(
    models: Annotated[list[str], typer.Argument(help="Saved models; NAME=PATH gives one a name.", show_default=False)],
    serving: Serving,
) -> None:
    """Answer over HTTP: a page to try it, typed JSON, files and tables, batching, health and figures."""
    from lamina.door import serve_with

    serve_with(models, serving)
