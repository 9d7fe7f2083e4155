"""`lamina report`: the result of a model in the terminal, where its page lies, and all of the page in one file."""

from __future__ import annotations

import json
import textwrap
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamina.core import Json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from lamina.model.model import Model


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(report)


def report(
    model: Annotated[Path, typer.Argument(help="A saved model.", show_default=False)],
    data: Annotated[
        str | None,
        typer.Argument(help="With --to, examples to show; by default those that it learned from.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The content of the report as JSON.")] = False,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Write the whole page, with what goes on inside, as one file.", show_default=False),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Say how good a model is beside simple models, and where its report lies."""
    from lamina.core import PlanError
    from lamina.model.bundle import REPORT
    from lamina.model.model import Model

    found = Model.load(model)
    if data is not None and to is None:
        raise PlanError("Examples are shown in a file: say --to FILE, too. Or open the page: lamina open MODEL DATA")
    if to is not None:
        from lamina.door import report as write

        write(model, to, data)
    if open_page:
        webbrowser.open((to or model / REPORT).absolute().as_uri())
    if to is not None:
        print(f"report   {to}  {to.stat().st_size / 1e6:.1f} MB")
    elif as_json:
        print(json.dumps(found.card.results, ensure_ascii=False))
    else:
        show_result(found, model)


def _figures(target: Json) -> Table:
    """A line per metric: this network with its interval, and each simple model beside it."""
    from rich.table import Table
    from rich.text import Text

    from lamina.insight.metrics import figure, name

    rivals = [each for each in target["baselines"] if "figures" in each]
    shown = Table(box=None, pad_edge=False, header_style="dim")
    shown.add_column("", vertical="bottom")
    for heading in ("this network", "95 % interval", *(each["name"] for each in rivals)):
        shown.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
        shown.columns[-1].header = Text("\n".join(textwrap.wrap(heading, 12)), justify="right")
    for metric, each in target["figures"].items():
        others = (figure(metric, rival["figures"].get(metric)) for rival in rivals)
        span = Text(f"{figure(metric, each['low'])} to {figure(metric, each['high'])}", style="dim")
        shown.add_row(name(metric), Text(figure(metric, each["value"]), style="bold"), span, *others)
    return shown


def show_found(found: Json, console: Console) -> None:
    """What was found, in words, and the first of it."""
    from rich.table import Table
    from rich.text import Text

    from lamina.insight.discovered import verdict

    console.print(Text.assemble("\n", (found["kind"], "bold"), f"  {verdict(found)}\n"))
    for each in found.get("clusters", []):
        share = f"{each['size']:,}"
        console.print(Text(f"{each['name']:<12}{share:>9}  {'; '.join(each['apart'])}"))
    if not found.get("oddest"):
        return
    shown = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("the oddest", "how odd", "why"):
        shown.add_column(heading, justify="right" if heading == "how odd" else "left", overflow="fold")
    for each in found["oddest"][:5]:
        shown.add_row(Text(each["name"]), f"{each['score']:.2f}", Text("; ".join(each["reasons"])))
    console.print(shown)


def show_result(model: Model, place: Path, *, json_lines: bool = False) -> None:
    """The essentials: the verdict for each target, the figures beside simple models, where things lie."""
    from rich.console import Console
    from rich.text import Text

    from lamina.insight import assumptions, transduced, unlabelled
    from lamina.insight.verdict import verdict
    from lamina.model.bundle import ANSWERS, REPORT

    results = model.card.results
    if json_lines:
        print(json.dumps({"stage": "done", "model": str(place), "results": results}, ensure_ascii=False))
        return
    console = Console()
    for each in results.get("found", []):
        show_found(each, console)
    for each in results.get("makes", []):
        console.print(Text.assemble("\n", (each["kind"], "bold"), f"  {each['said']}"))
    for target in results.get("targets", []):
        said, _ = verdict(target, results["data"])
        console.print(Text.assemble("\n", (target["column"], "bold"), f"  {said}\n"))
        console.print(_figures(target))
    for shared in (transduced.said(results.get("transduced")), unlabelled.said(results.get("unlabelled"))):
        if shared:
            console.print(Text(f"\n{shared}"))
    for name, text in assumptions.said(results.get("assumptions")):
        console.print(Text.assemble((f"{name}: ", "bold"), text))
    for reason in results.get("network", {}).get("reasons", []):
        console.print(Text(f"\n{reason}", style="dim"))
    compares = any(target["kind"] == "identity" for target in results.get("targets", []))
    use = f"compare  lamina compare {place} A B" if compares else f"predict  lamina predict {place} PATH"
    if model.card.makes:
        use = f"make     lamina generate {place}{'' if model.maker.shown else ' --out FOLDER'}"
    answers = f"\nanswers  {place / ANSWERS}" if results.get("transduced") else ""
    print(f"\nmodel    {place}\nreport   {place / REPORT}{answers}\n{use}")
