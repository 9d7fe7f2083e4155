"""What is made, given to whoever asked for it: whole, as files, as lines of JSON, or in a terminal as it is written."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lamina.core import Graph, Made, Piece, PlanError
from lamina.made._wish import SEEDS, Wish


def wholes(made: Made, pieces: Iterable[Piece]) -> Iterator[tuple[int, Any]]:
    """Each as soon as it is whole, with its number."""
    number = 0
    parts: list[Any] = []
    for piece in pieces:
        if piece.number != number:
            yield number, made.whole(parts)
            number, parts = piece.number, []
        parts.append(piece.value)
    yield number, made.whole(parts)


def hand(made: Made, graph: Graph, wish: Wish, out: Path | None, as_json: bool) -> None:
    """Make it on the command line. out: where files go; as_json: a line of JSON for each; else a terminal shows it.

    Raises:
        PlanError: a wish that cannot be met, no place for what a terminal cannot show, or one that cannot be written to.
    """
    made.check(wish)
    if out is None and not as_json and not made.shown:
        raise PlanError(f"A terminal shows no {made.called}. Say where to write it: --out FOLDER, or --json.")
    if wish.seed is None:
        wish = replace(wish, seed=secrets.randbelow(SEEDS))
        print(f"seed {wish.seed}", file=sys.stderr)
    pieces = made.make(graph, wish)
    if out is not None:
        try:
            files = made.save(pieces, wish, out)
        except OSError as error:
            raise PlanError(f"'{out}' cannot be written: {error.strerror}. Say another --out.") from error
        for path in files:
            print(path)
    elif as_json:
        for number, value in wholes(made, pieces):
            record = {"number": number, "seed": wish.seed, **made.record(value)}
            print(json.dumps(record, ensure_ascii=False), flush=True)
    else:
        show(pieces)


def show(pieces: Iterable[Piece]) -> None:
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
