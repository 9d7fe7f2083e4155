"""`lamina look` in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lamina.examples.findings import Findings
from lamina.examples.reading import count

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_STYLES = {"stop": ("✗", "bold red"), "warn": ("!", "yellow"), "info": ("·", "cyan")}
_LEFT_OUT = ("identifier", "constant", "empty", "unknown")


def render(findings: Findings, most: int = 30) -> RenderableType:
    """Columns, labels and findings, for `rich.console.Console.print`."""
    from rich.console import Group
    from rich.text import Text

    head = Text.assemble((count(findings.rows, findings.unit), "bold"), f" from {findings.source}")
    parts: list[RenderableType] = [head, _columns(findings, most)]
    if len(findings.columns) > most:
        parts.append(Text(f"and {len(findings.columns) - most:,} more columns", style="dim"))
    for target, labels in findings.labels.items():
        parts += [Text(f"\n{target}", style="bold"), _labels(labels)]
    if findings.found:
        parts.append(Text(""))
    for finding in findings:
        mark, style = _STYLES[finding.level]
        line = Text.assemble((f"{mark} ", style), (finding.title, style if finding.level != "info" else ""))
        if finding.detail:
            line.append(f" {finding.detail}", style="dim")
        if finding.advice:
            line.append(f"\n  → {finding.advice}", style="green")
        parts.append(line)
    if not findings.found:
        parts.append(Text("\nNothing suspicious found.", style="green"))
    return Group(*parts)


def _columns(findings: Findings, most: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("column", "kind", "distinct", "missing", "values"):
        table.add_column(heading, justify="right" if heading in ("distinct", "missing") else "left", overflow="fold")
    for column in findings.columns[:most]:
        style = "dim" if column.kind in _LEFT_OUT else "bold" if column.name in findings.targets else ""
        distinct = "" if column.distinct is None else f"{column.distinct:,}"
        missing = f"{column.missing:.1%}" if column.missing else ""
        kind = f"{column.kind} (target)" if column.name in findings.targets else column.kind
        cells = (column.name, kind, distinct, missing, column.shown or column.reason)
        table.add_row(*(Text(cell) for cell in cells), style=style)
    return table


def _labels(labels: dict[str, int], most: int = 12) -> Table:
    """A bar per label, the commonest first."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    total, top = sum(labels.values()), max(labels.values(), default=1)
    for label, rows in list(labels.items())[:most]:
        bar = "█" * max(1, round(24 * rows / top))
        table.add_row(
            Text(label),
            Text(f"{rows:,}", justify="right"),
            Text(f"{rows / total:.1%}", style="dim"),
            Text(bar, style="blue"),
        )
    if len(labels) > most:
        rest = sum(list(labels.values())[most:])
        table.add_row(
            Text(f"{len(labels) - most} more", style="dim"), Text(f"{rest:,}", justify="right"), Text(""), Text("")
        )
    return table
