"""`lamina label`: which examples to label next, asked one by one in the terminal or listed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamina.cli.options import options
from lamina.core import Json, PlanError
from lamina.examples.reading import Reading

if TYPE_CHECKING:
    from lamina.core import Progress
    from lamina.examples import Examples
    from lamina.insight.interview import Interview, Question
    from lamina.learning.label_next import Landscape

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
    opened: Annotated[bool, typer.Option("--open", help="Ask in the browser, by pictures.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List them; ask nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="List them, one JSON object a line.")] = False,
    reading: Reading = Reading(),
) -> None:
    """Label what teaches most: one example of every group first, then those that are least clear and unlike each other.

    It writes a table of all examples, with and without a label, from which `lamina learn` learns.
    """
    from lamina.door import Sitting
    from lamina.insight.interview import name_of

    if opened and (listing or as_json):
        raise PlanError("--open asks in the browser; --list and --json ask nothing. Say one of them.")
    sitting = Sitting.of(path, reading, target, out, count)
    asks, kept = not listing and not as_json, sitting.kept
    if asks:
        sitting.check()
    landscape = sitting.landscape(_told_of if sys.stderr.isatty() else None)
    if asks:
        _asked(sitting.interview(landscape), landscape, sitting.place, opened)
        return
    questions = landscape.next(kept.said, count)
    if not questions and not as_json:
        print("Every example has a label.")
    for question in questions:
        if as_json:
            print(json.dumps(_told(kept.examples, question), ensure_ascii=False))
        else:
            print(f"{name_of(kept.examples, question.row)}  {question.why}")


def _told_of(progress: Progress) -> None:
    print(f"\r{progress.message}", end=" ", file=sys.stderr)


def _asked(interview: Interview, landscape: Landscape, place: Path, opened: bool) -> None:
    """In the terminal or in the browser; what was said is kept, however it ends."""
    from lamina.door import label_with

    kept = interview.kept
    try:
        if opened:
            label_with(interview, landscape, place)
        else:
            _ask(interview)
    finally:
        interview.end()
        words = f"{len(kept.said):,} of {len(kept.examples):,} examples have a label"
        print(f"\n{words}: {place}\nlearn    lamina learn {place} --target {kept.target}")


def _ask(interview: Interview) -> None:
    """One after the other, until all were asked, or somebody ends it."""
    print(HELP)
    try:
        while (question := interview.question) is not None:
            _show(interview, question)
            answer = interview.kept.completed(input("label: ").strip())
            if answer == ".":
                return
            if answer != "<":
                interview.answer(answer)
            elif not interview.back():
                print("Nothing to take back.")
        if interview.asked < interview.count:
            print("Every example has a label, or was skipped.")
    except (EOFError, KeyboardInterrupt):
        print()


def _show(interview: Interview, question: Question) -> None:
    from lamina.insight.interview import cells_of, name_of

    examples = interview.kept.examples
    print(f"\n{interview.asked + 1} of {interview.count}: {question.why}")
    for row in question.rows:
        print(f"  {name_of(examples, row)}")
        for column, cell in cells_of(examples, row).items():
            print(f"    {column}: {cell:.6g}" if isinstance(cell, float) else f"    {column}: {cell}")
    if question.others:
        print("  One label for all of these; Enter if they are not alike.")
    if known := interview.known:
        print(f"  known: {', '.join(known)}")


def _told(examples: Examples, question: Question) -> Json:
    from lamina.insight.interview import cells_of, name_of

    return {
        "row": question.row + 1,
        "name": name_of(examples, question.row),
        "why": question.why,
        "group": question.size,
        "others": [row + 1 for row in question.others],
        "guess": question.guess,
        "cells": cells_of(examples, question.row),
    }
