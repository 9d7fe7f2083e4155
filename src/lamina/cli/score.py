"""`lamina score`: how good a model is on new labelled examples, and what has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(score)


def score(
    model: Annotated[Path, typer.Argument(help="A saved model.", show_default=False)],
    labelled: Annotated[
        str, typer.Argument(help="Labelled examples: a folder, a table, a database.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Metrics with 95 % intervals on new labelled examples, and what has drifted since learning."""
    from lamina.model.model import Model

    found = Model.load(model).score(labelled)
    print(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else "\n".join(found.lines()))
