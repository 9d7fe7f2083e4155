"""`lamina report`: the result of a model in the terminal, and where its page lies."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lamina.model.model import Model


def add(app: typer.Typer) -> None:
    app.command(rich_help_panel="Use")(report)


def report(
    model: Annotated[Path, typer.Argument(help="A saved model.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="The content of the report as JSON.")] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Say how good a model is beside simple models, and where its report lies."""
    from lamina.model.model import REPORT, Model

    found = Model.load(model)
    if open_page:
        webbrowser.open((model / REPORT).absolute().as_uri())
    if as_json:
        print(json.dumps(found.card.results, ensure_ascii=False))
    else:
        show_result(found, model)


def show_result(model: Model, place: Path, *, json_lines: bool = False) -> None:
    """The essentials: the verdict for each target, the figures beside simple models, where things lie."""
    from rich.console import Console
    from rich.table import Table

    from lamina.insight.report import name, verdict
    from lamina.model.model import REPORT

    results = model.card.results
    if json_lines:
        print(json.dumps({"stage": "done", "model": str(place), "results": results}, ensure_ascii=False))
        return
    console = Console()
    for target in results.get("targets", []):
        said, _ = verdict(target, results["data"])
        console.print(f"\n[bold]{target['column']}[/]  {said}\n", highlight=False)
        shown = Table(box=None, pad_edge=False)
        shown.add_column("")
        for metric in target["figures"]:
            shown.add_column(name(metric), justify="right")
        shown.add_row(
            "[bold]this network[/]", *(f"[bold]{each['value']:.4g}[/]" for each in target["figures"].values())
        )
        shown.add_row(
            "[dim]95 % interval[/]", *(f"[dim]{f['low']:.4g}–{f['high']:.4g}[/]" for f in target["figures"].values())
        )
        for each in target["baselines"]:
            if "figures" in each:
                shown.add_row(each["name"], *(f"{each['figures'].get(m, float('nan')):.4g}" for m in target["figures"]))
        console.print(shown)
    for reason in results.get("network", {}).get("reasons", []):
        console.print(f"[dim]{reason}[/]", highlight=False)
    print(f"\nmodel    {place}\nreport   {place / REPORT}\npredict  lamina predict {place} PATH")
