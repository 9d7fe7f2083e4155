"""`lamina predict`: answers for files, folders and tables."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamina.core import DataError

if TYPE_CHECKING:
    from lamina.examples import Note
    from lamina.model.model import Model
    from lamina.model.predictions import Predictions

SHOWN = 40  # answers that a terminal shows


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(predict)


def predict(
    model: Annotated[Path, typer.Argument(help="A saved model.", show_default=False)],
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, tables; - answers rows of standard input as they come.", show_default=False
        ),
    ],
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object per row.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to a .parquet, .csv or .jsonl file.", show_default=False)
    ] = None,
) -> None:
    """Answer new examples: value, calibrated confidence, alternatives, and whether they are unlike the training data."""
    from lamina.model.model import Model

    if paths == ["-"] and out is None:
        stream(Model.load(model), json_lines)
        return
    found = list(_answers(Model.load(model), paths))
    if out is not None:
        write(found, out)
        print(f"{sum(map(len, found)):,} answers written to {out}", file=sys.stderr)
    elif json_lines:
        for record in chain.from_iterable(each.records() for each in found):
            print(json.dumps(record, ensure_ascii=False))
    else:
        for each in found:
            show(each)
    _say(dict.fromkeys(note for each in found for note in each.notes))


def stream(model: Model, json_lines: bool) -> None:
    """Answer rows from standard input as they come."""
    from lamina.cli.stream import batches

    answered = 0
    said: dict[Note, None] = {}
    for rows in batches(sys.stdin.buffer):
        found = model.predict(rows)
        if json_lines:
            for record in found.records():
                print(json.dumps(record, ensure_ascii=False))
        else:
            show(found, answered)
        answered += len(found)
        sys.stdout.flush()
        new = {note: None for note in found.notes if note not in said}
        said |= new
        _say(new)
    if not answered:
        raise DataError("Standard input holds no row. Expected is a table with a head, or JSON lines.")


def _say(notes: Iterable[Note]) -> None:
    for note in notes:
        if note.level != "info":
            print(f"note: {note}", file=sys.stderr)


def _answers(model: Model, paths: list[str]) -> Iterator[Predictions]:
    """Files of examples and folders together; a table by itself, its rows called `table.csv:1` where there are several."""
    from lamina.examples.sources import one

    told = model.told()
    files = [each for each in paths if Path(each).is_dir() or one(Path(each), told) is not None]
    if files:
        yield model.predict(files if len(files) > 1 else files[0])
    for path in paths:
        if path in files:
            continue
        found = model.predict(path) if path != "-" else _from_stdin(model)
        if len(paths) > 1 and found.names is None:
            found.names = [f"{path}:{row}" for row in range(1, len(found) + 1)]
        yield found


def _from_stdin(model: Model) -> Predictions:
    """A table that is piped in: CSV and its kin, or JSON lines."""
    import tempfile

    content = sys.stdin.buffer.read()
    suffix = ".jsonl" if content.lstrip().startswith(b"{") else ".csv"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"standard input{suffix}"
        place.write_bytes(content)
        return model.predict(place)


def write(found: list[Predictions], path: Path) -> None:
    """Answers as a file; whole or not at all."""
    from lamina.machine.files import new_file

    if path.suffix not in (".parquet", ".csv", ".jsonl"):
        raise DataError(f"'{path}' should end in .parquet, .csv or .jsonl.")
    with new_file(path) as aside:
        if path.suffix == ".jsonl":
            with aside.open("w", encoding="utf-8") as file:
                for record in chain.from_iterable(each.records() for each in found):
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
            return
        import polars as pl

        frame = pl.concat([each.frame() for each in found], how="diagonal_relaxed")
        buffer = io.BytesIO()  # in one piece: Polars would hide a full disk in an error of its own
        if path.suffix == ".csv":
            lists = [name for name, kind in frame.schema.items() if kind.is_nested()]
            frame.with_columns(pl.col(name).list.join("|") for name in lists).write_csv(buffer)
        else:
            frame.write_parquet(buffer)
        aside.write_bytes(buffer.getvalue())


def show(answers: Predictions, before: int | None = None) -> None:
    """A line per row, in columns; a terminal shows the first ones of many. before: rows that were shown already, where
    rows go on coming: then all are shown, under one head."""
    whole = before is not None or not sys.stdout.isatty()
    shown = range(len(answers) if whole else min(len(answers), SHOWN))
    heads, lines = answers.cells(shown, before or 0)
    widths = [min(max(len(line[k]) for line in [heads, *lines]), 48) for k in range(len(heads))]
    for line in lines if before else [heads, *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if len(answers) > len(shown):
        print(f"… and {len(answers) - len(shown):,} more. --out answers.csv (or .parquet, .jsonl) keeps them all.")
