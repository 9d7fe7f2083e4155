"""`lamina label`: which examples to label next, asked one by one in the terminal or listed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamina.cli.options import options
from lamina.core import Json, MissingExtra, PlanError
from lamina.examples.reading import Reading

if TYPE_CHECKING:
    from lamina.examples import Examples
    from lamina.examples.labels import Labels
    from lamina.learning.label_next import Landscape, Question

AT_ONCE = 5  # questions, after which it is looked anew which are worth asking
HELP = "Type a label, or c* for the known one that begins with c. Enter: skip. <: take the last back. .: end. What was said is kept."


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Learn")(label)


@options(Reading)
def label(
    path: Annotated[str, typer.Argument(help="A folder of files, or a table.", show_default=False)],
    target: Annotated[str, typer.Option("--target", help="Column that holds the labels.")] = "label",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Table to write. [default: PATH if it has the labels, else labels.csv]", show_default=False
        ),
    ] = None,
    count: Annotated[int, typer.Option("-n", "--count", help="Examples to ask about.")] = 50,
    listing: Annotated[bool, typer.Option("--list", help="List them; ask nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="List them, one JSON object a line.")] = False,
    reading: Reading = Reading(),
) -> None:
    """Label what teaches most: one example of every group first, then those that are least clear and unlike each other.

    It writes a table of all examples, with and without a label, from which `lamina learn` learns.
    """
    from lamina.examples import labels

    if count < 1:
        raise PlanError(f"{count} examples were asked for. At least 1 is needed, such as -n 50.")
    kept = labels.Labels.of(path, reading, target)
    place = out or (Path(path) if kept.told and Path(path).suffix == ".csv" else Path("labels.csv"))
    asks, into = not listing and not as_json, place.absolute() == Path(path).absolute()
    if asks:
        labels.check_place(place, path)
        if into:
            kept.add_to(place)  # nothing as yet: to see that it can be done
    landscape = _landscape(kept.examples, kept.said, target)
    if asks:
        _ask(kept, landscape, count, kept.add_to if into else kept.write, place)
        return
    questions = landscape.next(kept.said, count)
    if not questions and not as_json:
        print("Every example has a label.")
    for question in questions:
        if as_json:
            print(json.dumps(_told(kept.examples, question), ensure_ascii=False))
        else:
            print(f"{_name(kept.examples, question.row)}  {question.why}")


def _landscape(examples: Examples, said: dict[int, str], target: str) -> Landscape:
    try:
        import numpy as np

        from lamina.learning.label_next import Landscape
    except ModuleNotFoundError as error:
        if error.name in ("torch", "sklearn"):
            raise MissingExtra("Choosing what to label", "learn") from error
        raise
    running = Landscape.of(examples.without(*({target} & set(examples.kinds))), np.array(sorted(said), np.int64))
    while True:
        try:
            progress = next(running)
        except StopIteration as end:
            found: Landscape = end.value
            return found
        if sys.stderr.isatty():
            print(f"\r{progress.message}", end=" ", file=sys.stderr)


def _ask(kept: Labels, landscape: Landscape, count: int, write: Callable[[Path], None], place: Path) -> None:
    """One after the other, until all were asked, or somebody ends it."""
    print(HELP)
    skipped: set[int] = set()
    history: list[list[int]] = []  # rows that each answer was given to
    asked = 0
    try:
        while asked < count:
            questions = landscape.next(kept.said, min(AT_ONCE, count - asked), frozenset(skipped))
            if not questions:
                print("Every example has a label, or was skipped.")
                break
            place_in = 0
            while place_in < len(questions):
                question = questions[place_in]
                _show(kept.examples, question, asked + 1, count, sorted(set(kept.said.values())))
                answer = kept.completed(input("label: ").strip())
                if answer == ".":
                    return
                if answer == "<":
                    if not history:
                        print("Nothing to take back.")
                        continue
                    for row in history.pop():
                        kept.said.pop(row, None)
                        skipped.discard(row)
                    asked -= 1
                    if place_in == 0:
                        break  # the row is among the next questions again
                    place_in -= 1
                    continue
                rows = [question.row, *question.others]
                if answer:
                    kept.said.update(dict.fromkeys(rows, answer))
                else:
                    skipped.add(question.row)
                history.append(rows)
                asked, place_in = asked + 1, place_in + 1
    except (EOFError, KeyboardInterrupt):
        print()
    finally:
        write(place)
        words = f"{len(kept.said):,} of {len(kept.examples):,} examples have a label"
        print(f"\n{words}: {place}\nlearn    lamina learn {place} --target {kept.target}")


def _show(examples: Examples, question: Question, number: int, count: int, known: list[str]) -> None:
    print(f"\n{number} of {count}: {question.why}")
    for row in (question.row, *question.others):
        print(f"  {_name(examples, row)}")
        for column, cell in _cells(examples, row).items():
            print(f"    {column}: {cell:.6g}" if isinstance(cell, float) else f"    {column}: {cell}")
    if question.others:
        print("  One label for all of these; Enter if they are not alike.")
    if known:
        print(f"  known: {', '.join(known)}")


def _told(examples: Examples, question: Question) -> Json:
    return {
        "row": question.row + 1,
        "name": _name(examples, question.row),
        "why": question.why,
        "group": question.size,
        "others": [row + 1 for row in question.others],
        "guess": question.guess,
        "cells": _cells(examples, question.row),
    }


def _name(examples: Examples, row: int) -> str:
    from lamina.model.intake import row_names

    names = row_names(examples.take([row]))
    return f"row {row + 1:,}" if names is None else names[0]


def _cells(examples: Examples, row: int) -> Json:
    """What a row holds, but for files, which its name says."""
    from lamina.examples.reading import FILES

    shown = examples.take([row]).preview(1)[0]
    return {
        column: cell for column, cell in shown.items() if examples.kinds[column].held not in FILES and cell is not None
    }
