"""A row that a model can be asked about, made from what its card tells."""

from __future__ import annotations

from lamina.core import Json
from lamina.examples import dates
from lamina.model.model import Model

TEXT = 6  # words of a text


def example(model: Model) -> Json:
    """Column to a usual value: a number in the middle, the most frequent word (of a text, several), the last date, no picture."""
    found: Json = {}
    for column, each in model.intake.inputs.items():
        state = each.state()
        seen = model.card.data.get("columns", {}).get(column) or {}
        match each.kind:
            case "number":
                edges = seen.get("edges") or [state["low"] or 0.0]
                found[column] = edges[len(edges) // 2]
            case "category":
                found[column] = state["words"][0] if state["words"] and not state["private"] else None
            case "text":
                found[column] = None if state["private"] else " ".join(state["words"][:TEXT]) or None
            case "date":
                found[column] = (dates.show(state["high"]) or "").replace(" ", "T") or None
            case _:
                found[column] = None
    return found
