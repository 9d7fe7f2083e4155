"""Examples that are known to be odd: set apart before anything is learned, taught by themselves, and a few held out to judge by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamina.core import Array, DataError, Json, PlanError, nearest
from lamina.examples import Examples
from lamina.examples.examples import show
from lamina.found.anomalies import Anomalies
from lamina.learning.prepare import Fold, Prepared
from lamina.learning.seen import Seen

JUDGED = 10  # known odd examples, from which on some are held out


def known(examples: Examples, said: Sequence[str]) -> tuple[Examples, Array]:
    """The examples without the columns that say what is odd, and which of them are: [N] bool. said: `verdict=fraud`, ….

    Raises:
        PlanError: a column or a value that is not there. DataError: all examples are odd.

    >>> import lamina
    >>> rest, odd = known(lamina.read({"x": [1.0, 2.5, 9.0], "y": ["ok", "ok", "bad"]}), ["y=bad"])
    >>> rest.columns, odd.tolist()
    (['x'], [False, False, True])
    """
    odd, columns = np.zeros(len(examples), bool), []
    for each in said:
        column, sign, value = each.partition("=")
        if not sign or not value:
            raise PlanError(f"--odd is '{each}'. Say the column and its value, such as --odd verdict=fraud.")
        if column not in examples.kinds:
            raise PlanError(f"There is no column '{column}' (--odd {each}). {nearest(column, examples.columns)}")
        cells = [_plain(cell) for cell in show(examples.values(column), examples.kinds[column])]
        found = np.array([cell == value for cell in cells])
        if not found.any():
            there = sorted({cell for cell in cells if cell is not None})
            raise PlanError(f"No example has '{value}' in '{column}' (--odd {each}). {nearest(value, there)}")
        odd |= found
        columns.append(column)
    if odd.all():
        raise DataError("All examples are said to be odd. What is usual is learned from others: give those, too.")
    return examples.without(*dict.fromkeys(columns)), odd


def set_apart(prepared: Prepared, odd: Array) -> None:
    """Take examples that are odd [N] out of those that teach what is usual, and out of those that the limit is set by."""
    fold = prepared.folds[0]
    parts = [fold.train, fold.validation, fold.test]
    taught, held = (
        np.concatenate(some) for some in ([each[odd[each]] for each in parts[:2]], [fold.test[odd[fold.test]]])
    )
    if len(taught) + len(held) < JUDGED:
        taught, held = np.concatenate([taught, held]), held[:0]
    prepared.folds[0] = Fold(*(each[~odd[each]] for each in parts))
    prepared.odd, prepared.odd_held = np.sort(taught), np.sort(held)


def told(found: Anomalies, seen: Seen) -> Json:
    """How many taught; of those held out, how many lie above the limit, and how well they are told from ordinary ones that taught nothing:
    the area under the ROC curve, and what it is without what known odd examples taught."""
    prepared = seen.prepared
    about: Json = {"taught": len(prepared.odd), "held": len(prepared.odd_held)}
    if len(prepared.odd_held) and len(seen.test):
        odd, usual = seen.of(prepared.odd_held), seen.test
        scores = found.oddness(odd)
        about["flagged"] = int((scores > found.limit * (1 + 1e-6)).sum())
        about["auc"] = _auc(scores, found.oddness(usual))
        about["alone"] = _auc(found.oddness(odd, taught=False), found.oddness(usual, taught=False))
    return about


def _auc(odd: Array, usual: Array) -> float:
    order = np.sort(usual)
    below, until = np.searchsorted(order, odd, "left"), np.searchsorted(order, odd, "right")
    return float((below + until).mean() / (2 * len(usual)))


def _plain(cell: object) -> str | None:
    """A cell as somebody writes it: `_plain(1.0) == "1"`."""
    return None if cell is None else f"{cell:.12g}" if isinstance(cell, float) else str(cell)
