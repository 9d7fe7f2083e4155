"""What learning from rows without a label relies on, as it was measured, in words."""

from __future__ import annotations

from lamina.core import Json
from lamina.insight.metrics import percent
from lamina.insight.page import escape

FEW = 20  # rows by which hardly anything is told


def said(found: Json | None) -> list[tuple[str, str]]:
    """For each assumption its name and a sentence; empty where it was not measured."""
    if not found:
        return []
    return [
        ("near examples are alike", _near(found)),
        ("labels keep to groups", _groups(found)),
        ("few dimensions", _dimensions(found)),
    ]


def render(found: Json | None) -> str:
    """The section of the page."""
    if not found:
        return ""
    lines = "".join(
        f"<li><strong>{escape(name.capitalize())}.</strong> {escape(text)}</li>" for name, text in said(found)
    )
    return (
        "<h2>Whether unlabelled rows can help</h2><p>Learning from rows without a label rests on three assumptions. On these data, by "
        f"features that no label had a say in:</p><ul>{lines}</ul>"
    )


def _near(found: Json) -> str:
    if found["near"] is None:
        return "Too few examples are labelled to say whether near ones have the same label."
    return (
        f"Of {found['compared']:,} labelled examples, {percent(found['near'], '.0f')} have the label of the labelled example "
        f"nearest to them (by chance {percent(found['chance'], '.0f')}). {_holds(found['near'], found)}{_doubt(found['compared'])}"
    )


def _groups(found: Json) -> str:
    if found["same"] is None:
        return "Too few examples are labelled to say whether labels keep to groups."
    return (
        f"In {found['groups']:,} groups of examples that lie together, {percent(found['same'], '.0f')} of {found['grouped']:,} "
        f"labelled ones have the label of most others of their group (by chance {percent(found['chance'], '.0f')}). "
        f"{_holds(found['same'], found)}{_doubt(found['grouped'])}"
    )


def _dimensions(found: Json) -> str:
    if found["dimensions"] is None:
        return "How many directions the examples differ in cannot be told: too few of them differ."
    count = max(1, round(found["dimensions"]))
    values = found["values"]
    text = f"Seen from near, the examples differ in about {count} {'direction' if count == 1 else 'directions'}; each holds {values:,} {'number' if values == 1 else 'numbers'}."
    return f"{text} {'It holds.' if count <= values / 4 or count <= 3 else 'It does not help: near examples are rare where there are many directions.' if count > 25 else 'It holds in part.'}"


def _holds(share: float, found: Json) -> str:
    """How far above chance it is."""
    gain = (share - found["chance"]) / max(1 - found["chance"], 1e-9)
    return (
        "It holds."
        if gain >= 0.7
        else "It holds in part."
        if gain >= 0.3
        else "It does not hold: unlabelled examples can hardly help."
    )


def _doubt(rows: int) -> str:
    return " (So few tell little.)" if rows < FEW else ""
