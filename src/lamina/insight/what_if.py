"""What if: the answers to one example while one of its cells changes and all others stay. NumPy and the graph: no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.core import Answers, Json, PlanError, nearest
from lamina.model.cells import Cells
from lamina.model.model import Model
from lamina.model.predictions import records

POINTS = 25  # of a number
WORDS = 30  # the commonest of a category


@dataclass(frozen=True, slots=True)
class WhatIf:
    """column: what changes; values: what it is set to; answers: to each; here: the value of the example itself."""

    column: str
    here: Any
    values: tuple[Any, ...]
    answers: Answers

    def json(self) -> Json:
        return {
            "column": self.column,
            "here": self.here,
            "points": [
                {"value": value} | said["_"]
                for value, said in zip(self.values, records({"_": self.answers}), strict=True)
            ],
        }


def what_if(
    model: Model, row: Mapping[str, Any], column: str, values: Sequence[Any] | None = None, target: str | None = None
) -> WhatIf:
    """The answers to `row` with `column` set to each of `values`.

    row: cells by column; what is left out is unknown. values: by default numbers over the range that was learned from,
    denser where more rows were, or the commonest words.

    Raises:
        PlanError: no such column or target, or nothing is known of its values.

    >>> import lamina
    >>> rows = {"x": [k % 40 for k in range(80)], "y": [k % 40 > 19 for k in range(80)]}
    >>> model = lamina.learn(rows, "y", steps=40, folds=0)
    >>> found = what_if(model, {"x": 35}, "x", [1, 39])
    >>> [str(each) for each in found.answers.values]
    ['false', 'true']
    """
    holds = model.intake.holds
    for name in (column, *row):
        if name not in holds:
            raise PlanError(f"The model takes no column '{name}'. {nearest(name, holds)}")
    if target is not None and target not in model.outputs:
        raise PlanError(f"The model does not answer '{target}'. {nearest(target, model.outputs)}")
    asked = list(values) if values is not None else usual_values(model, column)
    if not asked:
        raise PlanError(f"Nothing is known of the values of '{column}'. Say them: values=[…]")
    base = {name: row.get(name) for name in holds}
    answers = model.answer(Cells.settle([base | {column: value} for value in asked], holds))
    return WhatIf(column, base[column], tuple(asked), answers[target or next(iter(answers))])


def usual_values(model: Model, column: str) -> list[Any]:
    """Values of a column from what the card tells: of numbers from the smallest to the largest, of words the commonest."""
    each = model.intake.inputs[column]
    state = each.state()
    if each.kind == "category":
        return [] if state["private"] else list(state["words"][:WORDS])
    if each.kind != "number":
        return []
    edges = (model.card.data.get("columns", {}).get(column) or {}).get("edges") or []
    ends = [value for value in (state["low"], state["high"]) if value is not None and np.isfinite(value)]
    known = sorted({*ends, *edges})
    if len(known) < 2:
        return known
    places = np.linspace(0, len(known) - 1, POINTS)
    found: list[Any] = np.unique(np.interp(places, np.arange(len(known)), known)).tolist()
    return found
