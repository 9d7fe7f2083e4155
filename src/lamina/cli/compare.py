"""`lamina compare`: is it the same one, and who is it most like?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(compare)


def compare(
    model: Annotated[Path, typer.Argument(help="A model that was learned with --verify.", show_default=False)],
    a: Annotated[str, typer.Argument(metavar="A", help="What is asked about: a file, or several.", show_default=False)],
    b: Annotated[
        str,
        typer.Argument(metavar="B", help="What to compare it with: a file, or a folder of them.", show_default=False),
    ],
    most: Annotated[int, typer.Option("--most", help="Of many, so many of the most alike are shown.")] = 5,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object per pair.")] = False,
) -> None:
    """Say whether two examples are of the same one (person, voice, thing), and how sure that is; of many, which are most alike."""
    from lamina.model.compare import said
    from lamina.model.model import Model

    found = Model.load(model).compare(a, b).nearest(most)
    if json_lines:
        print("\n".join(json.dumps(each.record(), ensure_ascii=False) for each in found))
        return
    for each in found:
        print(said(each) if len(found) == 1 else f"{each.a}  {each.b}  {said(each)}")
