"""Examples as the page lists them: what they hold, what they are called, what the model says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np

from lamina.core import Array
from lamina.examples.examples import show
from lamina.model.model import Model
from lamina.page import pictures
from lamina.page.contract import ROOT
from lamina.page.data import Data
from lamina.page.schema import shared

CELLS = 8
LONG = 400  # characters of a text


class Known(NamedTuple):
    """What the model says of a row, in words; sure: of classes; right: None of numbers, of which none is simply wrong."""

    said: str | None = None
    sure: float | None = None
    right: bool | None = None


@dataclass
class Listing:
    """Lists examples. known: target to row to what the model says of it, as far as that was worked out."""

    model: Model
    data: Data
    known: dict[str, dict[int, Known]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        inputs = self.model.intake.inputs
        self.seen, self.heard = pictures.seen(inputs), pictures.heard(inputs)

    def several(self, rows: Sequence[int] | Array, target: str | None) -> list[shared.Example]:
        """Some rows. target: whose label and answer are told; by default the first."""
        at = np.asarray(rows, np.int64)
        if not len(at):
            return []
        target = target or next(iter(self.model.outputs), None)
        labels = self.data.labels(target, at) if target is not None else [None] * len(at)
        names, cells = self.data.names(at), self.cells(at, CELLS)
        found = []
        for row, name, label, held in zip(at.tolist(), names, labels, cells, strict=True):
            told = self.known.get(target or "", {}).get(row, Known())
            found.append(
                shared.Example(
                    id=row,
                    name=name,
                    part=self.data.part(row),  # type: ignore[arg-type]
                    label=label,
                    answer=told.said,
                    confidence=told.sure,
                    right=told.right,
                    picture=f"{ROOT}/examples/{row}/picture?size={pictures.SIDE}" if self.seen else None,
                    cells=held,
                )
            )
        return found

    def cells(self, rows: Array, most: int | None = None) -> list[list[shared.Cell]]:
        """What rows hold, column by column; files come with the addresses of what they look and sound like."""
        assert self.data.examples is not None
        columns = list(self.model.intake.inputs)[:most]
        found: list[list[shared.Cell]] = [[] for _ in rows]
        for column in columns:
            if column not in self.data.examples.kinds:
                continue
            kind = self.model.intake.inputs[column].holds
            values = self.data.examples.values(column, rows)
            raw = values.tolist() if kind in ("category", "number") else [None] * len(rows)
            for place, (row, text, value) in enumerate(
                zip(rows.tolist(), show(values, self.data.examples.kinds[column]), raw, strict=True)
            ):
                found[place].append(self._cell(column, kind, row, text, value))
        return found

    def _cell(self, column: str, kind: str, row: int, text: Any, value: Any) -> shared.Cell:
        file = kind in pictures.SEEN
        said = None if text is None else "/".join(str(text).split("/")[-2:]) if file else _figure(text)
        name = quote(column, safe="")
        return shared.Cell(
            column=column,
            kind=kind,
            text=said if said is None or len(said) <= LONG else f"{said[:LONG].rsplit(' ', 1)[0]} …",
            value=None if isinstance(value, float) and value != value else value,
            picture=f"{ROOT}/examples/{row}/picture?column={name}" if column in self.seen else None,
            sound=f"{ROOT}/examples/{row}/sound?column={name}" if column in self.heard else None,
        )


def _figure(text: Any) -> str:
    return f"{text:.7g}" if isinstance(text, float) else str(text)
