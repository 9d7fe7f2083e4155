"""`lamina explain`: why a model answers what it does, in the terminal or as a page."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamina.core import PlanError

if TYPE_CHECKING:
    from lamina.insight.explain import Explanation, Explanations
    from lamina.insight.why import Columns, Frames, Places, Steps

COLUMNS = 10  # that a terminal shows
BAR = 24  # characters of the longest bar


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(explain)


def explain(
    model: Annotated[Path, typer.Argument(help="A saved model.", show_default=False)],
    paths: Annotated[list[str], typer.Argument(help="Files, folders, tables.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Write a page: one HTML file.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per example.")] = False,
    row: Annotated[
        list[int] | None,
        typer.Option("--row", help="Which examples, counted from 1; several times for several.", show_default=False),
    ] = None,
    first: Annotated[int, typer.Option("--first", help="How many examples, where none are named.")] = 5,
    target: Annotated[
        str | None, typer.Option("--target", help="Which answer, of a model with several.", show_default=False)
    ] = None,
    about: Annotated[
        str | None,
        typer.Option("--about", help="A class to ask about; else the one that is answered.", show_default=False),
    ] = None,
    examples: Annotated[
        str | None,
        typer.Option(
            "--examples", help="What it learned from: shows what speaks most for an answer.", show_default=False
        ),
    ] = None,
) -> None:
    """Say why an answer is what it is: which columns, words, moments or frames, which part of a picture.

    Beside each explanation stands how much it resembles that of the same network with random weights.
    """
    from lamina import door

    if out is not None and out.suffix not in (".html", ".htm"):
        raise PlanError(f"'{out}' should end in .html.")
    found = door.explain(model, paths if len(paths) > 1 else paths[0], target=target, about=about, examples=examples)
    chosen = _chosen(found, row, first)
    if out is not None:
        found.take(chosen).save(out, len(chosen))
        print(f"page     {out}", file=sys.stderr)
        return
    for place in chosen:
        if as_json:
            print(json.dumps(found[place].json(), ensure_ascii=False))
        else:
            show(found[place])
    if not as_json:
        _more(found, chosen, model, paths)


def _chosen(found: Explanations, rows: list[int] | None, first: int) -> list[int]:
    """The places of the examples that are asked about."""
    for each in rows or ():
        if not 1 <= each <= len(found):
            raise PlanError(f"--row {each} was given; there are {len(found):,} examples, counted from 1.")
    return [each - 1 for each in rows] if rows else list(range(min(first, len(found))))


def _more(found: Explanations, chosen: list[int], model: Path, paths: list[str]) -> None:
    if len(chosen) < len(found):
        print(f"\n{len(chosen):,} of {len(found):,} examples. --row N names others, --first N takes more.")
    print(f"\nThe pictures and tables behind this: lamina explain {model} {' '.join(paths[:1])} --out why.html")


def show(each: Explanation) -> None:
    """One explanation as lines of text."""
    from lamina.insight.why import Columns, Frames, Places, Steps
    from lamina.model.predictions import percent, value_of

    sure = "" if each.answer.confidence is None else f", {percent(each.answer.confidence)} sure"
    print(f"\n{each.name}  {each.target}: {value_of(each.answer)}{sure}")
    if each.about is not None and each.about != each.answer.value:
        print(f"asked about: {each.about}, {percent(each.share)}")
    if each.answer.unlike:
        print("Unlike the training data: trust neither the answer nor its reasons.")
    if not each.parts:
        print("Nothing of it could be read, so there is nothing to explain.")
    for part in each.parts:
        match part:
            case Columns():
                _columns(part, each)
            case Places():
                _places(part, each)
            case Steps():
                _steps(part, each)
            case Frames():
                _frames(part, each)
    if each.beside:
        print("Of the examples given, these speak most for it (+) and against it (-):")
        for one in each.beside:
            print(f"  {one.cosine:+.2f}  {one.label[:24]:24}  {one.name}")


def _columns(part: Columns, each: Explanation) -> None:
    from lamina.insight.explained import cell, figure

    shown = part.order[:COLUMNS]
    effects = part.end - part.without if part.effects is None else part.effects.values
    most = max(float(abs(effects).max()), 1e-12)
    heads = ("", "here", "usual", "", "with the usual one")
    rows = [
        (
            part.names[k][:32],
            cell(each.cells.get(part.names[k]))[:20],
            cell(each.usual.get(part.names[k]))[:20],
            f"{effects[k]:+.2f} {('█' if effects[k] > 0 else '░') * round(BAR * abs(effects[k]) / most)}",
            figure(each, float(part.without[k])),
        )
        for k in shown
    ]
    what = f"'{each.about}'" if each.about is not None else each.target
    print(
        f"A usual row gets {figure(each, part.start)} for {what}, this one {figure(each, part.end)}. Each column adds:"
    )
    widths = [max(len(line[k]) for line in [heads, *rows]) for k in range(len(heads))]
    for line in [heads, *rows]:
        print("  " + "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())
    if len(part.order) > len(shown):
        print(f"  and {len(part.order) - len(shown)} more columns that add less")
    _check(None if part.effects is None else part.effects.alike)


def _places(part: Places, each: Explanation) -> None:
    from lamina.insight import heat
    from lamina.insight.explained import figure

    what = f"'{each.about}'" if each.about is not None else each.target
    found = part.evidence or part.covered
    print(f"{part.name}, and where in it the network sees {what} (█ most):")
    assert found is not None
    for line in heat.text(part.pixels, found.values):
        print(f"  {line}".rstrip())
    if part.least is not None:
        ends = f"from {figure(each, part.end)} to {figure(each, part.least)}"
        print(f"  Covering the part that it can spare least takes {what} {ends}.")
    _check(found.alike)


def _steps(part: Steps, each: Explanation) -> None:
    from lamina.insight.explained import figure

    what = f"'{each.about}'" if each.about is not None else each.target
    found = part.left_out if part.effects is None else part.effects
    order = abs(found.values).argsort(kind="stable")[::-1][:COLUMNS] if part.words else range(len(part.spans))
    most = max(float(abs(found.values).max()), 1e-12)
    names = part.named
    wide = max(len(names[k][:32]) for k in order)
    empty = f"An empty {part.name}" if part.words else f"{part.name} with no event in it"
    print(f"{empty} gets {figure(each, part.start)} for {what}, this one {figure(each, part.end)}. Each adds:")
    for k in order:
        value = float(found.values[k])
        bar = ("█" if value > 0 else "░") * round(BAR * abs(value) / most)
        without = figure(each, part.end - float(part.left_out.values[k]))
        print(f"  {names[k][:32]:{wide}}  {value:+.2f} {bar:{BAR}}  without it {without}")
    _check(found.alike)


def _frames(part: Frames, each: Explanation) -> None:
    from lamina.insight import heat
    from lamina.insight.explained import figure

    what = f"'{each.about}'" if each.about is not None else each.target
    values, names = part.hidden.values, part.named
    most, wide = max(float(abs(values).max()), 1e-12), max(map(len, names))
    print(
        f"{part.name} with every frame hidden gets {figure(each, part.start)} for {what}, with all of them {figure(each, part.end)}. "
        "Hiding each takes away:"
    )
    for k, name in enumerate(names):
        bar = ("█" if values[k] > 0 else "░") * round(BAR * abs(values[k]) / most)
        ends = f"without it {figure(each, part.end - float(values[k]))}"
        if part.alone is not None:
            ends += f", alone {figure(each, float(part.alone[k]))}"
        print(f"  {name:{wide}}  {values[k]:+.2f} {bar:{BAR}}  {ends}")
    _check(part.hidden.alike)
    if part.evidence is not None:
        place = part.shown[int(values.argmax())]
        print(f"Frame {place + 1}, and where in it the network sees {what} (█ most):")
        for line in heat.text(part.pixels[place], part.evidence.values[place]):
            print(f"  {line}".rstrip())
        _check(part.evidence.alike)


def _check(alike: float | None) -> None:
    from lamina.insight.twin import said

    if alike is not None:
        print(f"  Check: with random weights it would look {said(alike)} (correlation {alike:.2f}).")
