"""`lamina look`: what is in the data, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from lamina.cli.options import options
from lamina.examples.reading import Reading


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Learn")(look)


@options(Reading)
def look(
    path: Annotated[
        str, typer.Argument(help="A folder of pictures, a table, a text, or a database.", show_default=False)
    ],
    target: Annotated[
        list[str] | None, typer.Option("--target", help="Column to be answered.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,
    reading: Reading = Reading(),
) -> None:
    """Look at examples before learning: kinds and counts, and what is wrong with the data, with what to do next."""
    from lamina.examples import prose, read, written
    from lamina.examples.doctor import look as examine
    from lamina.examples.screen import render

    targets = tuple(target or ())
    if not targets and reading == Reading() and written.is_text(Path(path)):
        findings = written.look(prose.read(path))
    else:
        examples = read(path, reading, target=targets)
        if not targets and "label" in examples.kinds:
            targets = ("label",)
            examples = read(path, reading, target=targets)
        findings = examine(examples, targets)
    if as_json:
        print(json.dumps(findings.to_dict(), ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    Console().print(render(findings))
