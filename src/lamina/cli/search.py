"""`lamina search`: the examples that are most alike."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamina.core import PlanError

if TYPE_CHECKING:
    from lamina.model.model import Model


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(search)


def search(
    model: Annotated[Path, typer.Argument(help="A model learned with --find neighbours.", show_default=False)],
    query: Annotated[
        str | None,
        typer.Argument(
            help="A file, a folder or a table of what to look for; of texts, also words.", show_default=False
        ),
    ] = None,
    count: Annotated[int, typer.Option("-n", "--count", help="Examples to find for each.")] = 10,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="List the examples that are there twice, or nearly so, instead.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per query, or per pair.")] = False,
) -> None:
    """Find the most alike of the examples that a model keeps, nearest first."""
    from lamina.model.model import Model

    if count < 1:
        raise PlanError(f"{count} examples were asked for. At least 1 is needed, such as -n 10.")
    loaded = Model.load(model)
    if duplicates:
        _duplicates(loaded, as_json)
        return
    if query is None:
        raise PlanError(
            "What is to be looked for? Name a file, a folder or a table, of texts also words; or say --duplicates."
        )
    from lamina.model.intake import row_names

    inputs = loaded.intake.inputs
    only = [each.kind for each in inputs.values()] == ["text"]
    words = only and not os.path.exists(query)  # a long text is no path, and no error
    examples = loaded.read({next(iter(inputs)): [query]} if words else query)
    lines = [query] if words else [f"{query}:{row}" for row in range(1, len(examples) + 1)]
    names = row_names(examples) or lines
    for name, found in zip(names, loaded.search(examples, count), strict=True):
        if as_json:
            alike = [{"name": each.name, "row": each.row + 1, "distance": round(each.distance, 6)} for each in found]
            print(json.dumps({"query": name, "nearest": alike}, ensure_ascii=False))
            continue
        print(name)
        for each in found:
            print(f"  {each.distance:<9.4g} {each.name}")
        if not found:
            print("  nothing of it could be read")


def _duplicates(loaded: Model, as_json: bool) -> None:
    index = loaded.neighbours
    found = index.duplicates()
    for one, other, distance in found:
        names = [index.called(one), index.called(other)]
        if as_json:
            print(json.dumps({"names": names, "rows": [one + 1, other + 1], "distance": distance}, ensure_ascii=False))
        else:
            print(f"{distance:<9.4g} {names[0]}\n          {names[1]}")
    if not found and not as_json:
        print("No two examples are the same, or nearly so.")
