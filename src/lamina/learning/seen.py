"""Features of all usable rows after learning without labels, part by part, and what examples are called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamina.core import Array, Layout
from lamina.examples.examples import show
from lamina.learning.prepare import Fold, Prepared
from lamina.learning.unlabelled import Unlabelled
from lamina.model.intake import row_names

CELLS = 4  # by which an example is named
LONG = 60  # characters of a text by which one is


@dataclass(frozen=True, slots=True)
class Seen:
    """train, validation, test: features [N, F] of the rows of the fold; all: of all of them, in the order of `rows`."""

    prepared: Prepared
    layout: Layout
    rows: Array
    all: Array

    @classmethod
    def by(cls, trial: Unlabelled) -> Seen:
        prepared, fold = trial.prepared, trial.prepared.folds[0]
        rows = np.sort(np.concatenate([fold.train, fold.validation, fold.test, prepared.odd, prepared.odd_held]))
        return cls(prepared, trial.layout, rows, trial.raw(rows))

    @property
    def fold(self) -> Fold:
        return self.prepared.folds[0]

    def of(self, rows: Array) -> Array:
        """[n, F] of some of the rows."""
        found: Array = self.all[np.searchsorted(self.rows, rows)]
        return found

    @property
    def train(self) -> Array:
        return self.of(self.fold.train)

    @property
    def validation(self) -> Array:
        return self.of(self.fold.validation)

    @property
    def test(self) -> Array:
        return self.of(self.fold.test)


def called(prepared: Prepared, rows: Array, cells: int = CELLS) -> list[str]:
    """What examples are called: the file, or the row with its first cells, texts by their beginning."""
    some = prepared.examples.take(rows)
    names = row_names(some)
    if names is not None:
        return names
    named = [c for c, each in prepared.intake.inputs.items() if each.form.kind in ("vector", "tokens")][:cells]
    shown = {column: show(some.values(column), some.kinds[column]) for column in named}
    return [
        f"row {row + 1:,}"
        + (f" ({', '.join(f'{c} {_plain(each[place])}' for c, each in shown.items())})" if shown else "")
        for place, row in enumerate(rows.tolist())
    ]


def _plain(cell: object) -> str:
    if cell is None:
        return "missing"
    said = f"{cell:.6g}" if isinstance(cell, float) else str(cell)
    return said if len(said) <= LONG else f"{said[:LONG].rsplit(' ', 1)[0]} …"
