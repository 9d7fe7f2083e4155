"""`lamina learn`: from a path to a saved model with its report."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

import typer

from lamina import kinds
from lamina.cli import clock
from lamina.cli.options import options, said
from lamina.core import PlanError
from lamina.examples.reading import Reading
from lamina.learning.plan import Plan


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Learn")(learn)


@options(Plan, Reading)
def learn(
    path: Annotated[
        str, typer.Argument(help="A folder of pictures, a table, a database, or a text.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for the model. [default: PATH's name .lamina]", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the model that is there.")] = False,
    start: Annotated[
        Path | None, typer.Option("--from", help="Go on from this model, with its vocabularies.", show_default=False)
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Progress and result as JSON lines.")] = False,
    opened: Annotated[
        bool, typer.Option("--open", help="Show it in the browser while it learns; then what is inside.")
    ] = False,
    plan: Plan = Plan(),
    reading: Reading = Reading(),
) -> None:
    """Learn to answer a column, to find something without labels, or to make more of it, and save a model with its report.

    Give --minutes for a budget; without one it learns until it no longer improves. Ctrl-C keeps the best so far; the
    same command again goes on where a crash left it.
    """
    from dataclasses import replace

    from lamina.door import learning_with, leave_time, settle_report, to_make_from, training
    from lamina.screen import watch

    place = out or default_place(path)
    from lamina.examples import read as read_examples

    with _loading_torch() if Path(path).exists() else nullcontext():
        examples: Any
        if plan.generate is not None:
            examples = to_make_from(path, plan.generate, plan.given, reading)
        else:
            if plan.find is None and not plan.target:
                plan = replace(plan, target=_target(path))
            examples = read_examples(path, replace(reading, kind=plan.kinds | dict(reading.kind)), target=plan.target)
    where = [path, "--out", str(place), *(["--from", str(start)] if start else [])]
    hidden = ("query",) if plan.private else ()  # names of files and people stay out, too
    command = shlex.join(
        ["lamina", "learn", *(["PATH"] if plan.private else where), *said(plan), *said(reading, hidden)]
    )
    fields = {field: getattr(plan, field) for field in plan.__slots__}
    running = training(
        examples,
        fields.pop("target"),
        out=place,
        overwrite=overwrite,
        start=start,
        started=clock.started,
        command=command,
        **fields,
    )
    leave_time(running)
    if not opened:
        watch(running, True, json_lines=json_lines)
        settle_report(running.model, place, examples, plan.minutes)
        finish(running, place, json_lines)
        return
    with learning_with(running, place, examples) as (page, progress):
        print(f"page     {page.url}", file=sys.stderr, flush=True)
        watch(running, True, json_lines=json_lines, progress=progress)
        finish(running, place, json_lines)
        print("The page stays open until Ctrl-C.", file=sys.stderr, flush=True)
        page.wait()


def _target(path: str) -> tuple[str, ...]:
    """The labels of a folder of pictures; else somebody has to say what is wanted."""
    from lamina.door import read

    examples = read(path)
    if Path(path).is_dir() and "label" in examples.kinds:
        return ("label",)
    unlabelled = (
        f"Without labels: --find {' or '.join(kinds.names('found'))}. To make more of it: --generate "
        f"{' or '.join(kinds.names('made'))}."
    )
    if Path(path).is_dir() and set(examples.columns) <= {"image"}:
        raise PlanError(f"The examples in {path} have no labels. {unlabelled}")
    raise PlanError(
        f"Which column is to be answered? Say --target with one of: {', '.join(examples.columns[:30])}. {unlabelled}"
    )


def finish(running: Any, place: Path, json_lines: bool) -> None:
    """Say what came out, where it lies, and what to do with it."""
    from lamina.cli.report import show_result

    show_result(running.model, place, json_lines=json_lines)
    if running.stopped and not json_lines:
        print("Learning was stopped early; the best weights so far were kept.", file=sys.stderr)


@contextmanager
def _loading_torch() -> Iterator[None]:
    """Load it beside what reads the examples. It is there whole at the end: nobody meets a part of it before."""
    thread = Thread(target=_load_torch)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _load_torch() -> None:
    with suppress(ModuleNotFoundError):  # said by what needs it
        import torch  # noqa: F401


def default_place(path: str) -> Path:
    """`photos/` gives `photos.lamina` in the working folder."""
    name = Path(path.rstrip("/")).name.split(".")[0] or "model"
    return Path(f"{name}.lamina")
