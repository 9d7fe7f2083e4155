"""What the first sum over a table adds up, in words: each feature that a column becomes before the network weighs it."""

from __future__ import annotations

from typing import Any

from torch import nn

from lamina.insight.metrics import short
from lamina.model.intake import TABLE, Intake
from lamina.networks.mlp import Columns


def features(network: nn.Module, layer: str, intake: Intake) -> list[str]:
    """The name of each value that comes into a layer: of the first one over a table, else none.

    A number is there as it is, as a sign that it is missing, and as its way through each of its pieces; a word as a switch.
    """
    columns: Any = dict(network.named_modules()).get(f"networks.{TABLE}.columns")
    if (
        not isinstance(columns, Columns) or layer != f"networks.{TABLE}.first"
    ):  # others have columns of their own making
        return []
    names = {
        place: column for column, (array, places) in intake.positions.items() if array == TABLE for place in places
    }
    numbers = [names[place] for place in columns.numbers.tolist()]
    pieces = zip(columns.owner.tolist(), columns.left.tolist(), strict=True)
    switches = zip(columns.few.tolist(), columns.words.tolist(), strict=True)
    return [
        *numbers,
        *(f"{column} is missing" for column in numbers),
        *(f"{names[place]} from {short(left)} on" for place, left in pieces),
        *(f"{names[place]}: {_word(intake.inputs[names[place]], int(code))}" for place, code in switches),
    ]


def _word(each: Any, code: int) -> str:
    """The word that a switch stands for; the first is for what is missing or was never seen."""
    if not code:
        return "none that it knows"
    state = each.state()
    words = [] if state.get("private") else state.get("words", [])
    return str(words[code - 1]) if code <= len(words) else f"word {code}"
