"""`lamina generate`: new texts and pictures from a model that learned to make them."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lamina.cli.options import options
from lamina.core import PlanError
from lamina.made._wish import SEEDS, Wish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lamina.core import Made, Piece


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
    from lamina.model.model import Model

    loaded = Model.load(model)
    maker = loaded.maker
    maker.check(wish)
    if out is None and not as_json and not maker.shown:
        raise PlanError(f"A terminal shows no {maker.kind}. Say where to write it: --out FOLDER, or --json.")
    if wish.seed is None:
        wish = replace(wish, seed=secrets.randbelow(SEEDS))
        print(f"seed {wish.seed}", file=sys.stderr)
    pieces = maker.make(loaded.graph, wish)
    if out is not None:
        for path in maker.save(pieces, wish, out):
            print(path)
    elif as_json:
        for number, value in wholes(maker, pieces):
            print(
                json.dumps({"number": number, "seed": wish.seed, **maker.record(value)}, ensure_ascii=False), flush=True
            )
    else:
        show(pieces)


def wholes(maker: Made, pieces: Iterator[Piece]) -> Iterator[tuple[int, Any]]:
    """Each as soon as it is whole, with its number."""
    number = 0
    parts: list[Any] = []
    for piece in pieces:
        if piece.number != number:
            yield number, maker.whole(parts)
            number, parts = piece.number, []
        parts.append(piece.value)
    yield number, maker.whole(parts)


def show(pieces: Iterator[Piece]) -> None:
    """Letters as they come; a line between one text and the next."""
    number = 0
    try:
        for piece in pieces:
            if piece.number != number:
                print("\n" + "─" * 40)
                number = piece.number
            print(piece.value, end="", flush=True)
    finally:
        print(flush=True)
