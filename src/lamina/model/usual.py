"""A usual row of what a model learned from, made from what its card tells."""

from __future__ import annotations

from lamina.core import Json
from lamina.examples import dates
from lamina.model.model import Model

TEXT = 6  # words of a text


def usual(model: Model) -> Json:
    """Column to a usual value: a number or a date in the middle, the most frequent word (of a text, several), no picture.

    Of a model learned with `private` the card tells neither words nor dates: those are None, and numbers are 0.
    """
    found: Json = {}
    for column, each in model.intake.inputs.items():
        state = each.state()
        seen = model.card.data.get("columns", {}).get(column) or {}
        edges = seen.get("edges") or []
        match each.kind:
            case "number":
                found[column] = edges[len(edges) // 2] if edges else state["low"] or 0.0
            case "category":
                found[column] = state["words"][0] if state["words"] and not state["private"] else None
            case "text":
                found[column] = None if state["private"] else " ".join(state["words"][:TEXT]) or None
            case "date":
                middle = edges[len(edges) // 2] if edges else state["high"]
                found[column] = (dates.show(middle) or "").replace(" ", "T") or None
            case _:
                found[column] = None
    return found
