"""`lamina predict`: answers for files, folders and tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lamina.core import DataError


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(predict)


def predict(
    model: Annotated[Path, typer.Argument(help="A saved model.", show_default=False)],
    paths: Annotated[list[str], typer.Argument(help="Pictures, folders, or one table.", show_default=False)],
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object per row.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write to a .parquet, .csv or .jsonl file.", show_default=False)
    ] = None,
) -> None:
    """Answer new examples: value, calibrated confidence, alternatives, and whether they are unlike the training data."""
    from lamina.model.model import Model

    answers = Model.load(model).predict(paths[0] if len(paths) == 1 else list(paths))
    if out is not None:
        write(answers, out)
        print(f"{len(answers):,} answers written to {out}", file=sys.stderr)
    elif json_lines:
        for record in answers.records():
            print(json.dumps(record, ensure_ascii=False))
    else:
        show(answers)
    for note in answers.notes:
        if note.level != "info":
            print(f"note: {note}", file=sys.stderr)


def write(answers: Any, path: Path) -> None:
    """Answers as a file; whole or not at all."""
    from lamina.machine.files import new_file

    if path.suffix not in (".parquet", ".csv", ".jsonl"):
        raise DataError(f"'{path}' should end in .parquet, .csv or .jsonl.")
    with new_file(path) as aside:
        if path.suffix == ".jsonl":
            with aside.open("w", encoding="utf-8") as file:
                for record in answers.records():
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
        elif path.suffix == ".csv":
            frame = answers.frame()
            lists = [name for name, kind in frame.schema.items() if kind.is_nested()]
            import polars as pl

            frame.with_columns(pl.col(name).list.join("|") for name in lists).write_csv(aside)
        else:
            answers.frame().write_parquet(aside)


def show(answers: Any) -> None:
    """One line per row and target."""
    from lamina.model.predictions import describe

    several = len(answers.targets) > 1
    for row in range(len(answers)):
        name = f"{answers.names[row]}  " if answers.names is not None else f"{row + 1}  " if len(answers) > 1 else ""
        for target, found in answers.targets.items():
            print(f"{name}{f'{target}: ' if several else ''}{describe(found[row])}")
