"""Cells as somebody types or sends them, one row at a time, to columns. NumPy only, and never a path."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lamina.core import Array, Coded
from lamina.examples import dates, words
from lamina.examples.reading import FILES


class Cells:
    """Rows whose columns are settled. columns: column to its values, as `Examples.values` gives them."""

    def __init__(self, columns: Mapping[str, Array | Coded]) -> None:
        self.columns = columns

    @classmethod
    def settle(cls, rows: Sequence[Mapping[str, Any]], holds: Mapping[str, str]) -> Cells:
        """Rows of plain values by column. holds: column to what its cells hold (`Intake.holds`)."""
        columns = zip(*map(operator.itemgetter(*holds), rows), strict=True) if len(holds) > 1 else None
        cells = columns or [[row[column] for row in rows] for column in holds]
        return cls({column: _column(each, held) for (column, held), each in zip(holds.items(), cells, strict=True)})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def values(self, column: str, rows: Any = None) -> Any:
        found = self.columns[column]
        return found if rows is None else found[rows]


def _column(cells: Sequence[Any], held: str) -> Array | Coded:
    """number: floats or None; date: ISO 8601 or None; category and text: words, numbers, truths or None; files: pixels [H, W, C],
    frames [T, H, W, C], samples, steps, the bytes of a file, or None."""
    match held:
        case "number":
            return np.array(cells, np.float64)  # None becomes NaN
        case "date":
            return np.array([np.nan if cell is None else dates.one(cell) for cell in cells])
        case _ if held in FILES:
            if held == "image" and _alike(cells):
                return np.stack(cells)
            found = np.empty(len(cells), object)
            for row, cell in enumerate(cells):  # one by one: lists must not be taken apart
                found[row] = cell
            return found
        case _:
            return words.encode(cell.strip() if isinstance(cell, str) else cell for cell in cells)


def _alike(cells: Sequence[Any]) -> bool:
    """Whether all are pixels of one size."""
    return all(isinstance(cell, np.ndarray) for cell in cells) and len({cell.shape for cell in cells}) == 1
