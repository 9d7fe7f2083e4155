"""`Examples`: a table of observations, its columns settled. Rows are taken without copying."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from lamina.core import Array, Coded, PlanError, nearest
from lamina.examples import dates
from lamina.examples.reading import FILES, Column, Kind, Note, Reading, count


class Examples:
    """Examples are a table: one row is one observation. `lamina.read(source)` makes them.

    source: what was read, for people. kinds: every column in order. parts: [N] int8, 0 train, 1 validation, 2 test where
    the folders or files say so, -1 undecided; None if nothing is said. notes: what reading found.

    >>> import lamina
    >>> examples = lamina.read({"height": [1.7, 1.8, 1.6], "sex": ["f", "m", "f"]})
    >>> len(examples), examples.columns, examples.kinds["sex"].name
    (3, ['height', 'sex'], 'category')
    """

    def __init__(
        self,
        source: str,
        columns: Mapping[str, Column],
        *,
        reading: Reading | None = None,
        parts: Array | None = None,
        notes: Sequence[Note] = (),
        rows: Array | None = None,
        hashes: dict[str, Array] | None = None,
    ) -> None:
        self.source = source
        self.reading = reading or Reading()
        self.notes = list(notes)
        self.kinds: dict[str, Kind] = {name: column.kind for name, column in columns.items()}
        self._columns = dict(columns)
        self._rows = rows
        self._parts = parts
        self._hashes: dict[str, Array] = {} if hashes is None else hashes  # of all rows; shared by what `take` gives

    def __len__(self) -> int:
        if self._rows is not None:
            return len(self._rows)
        return len(next(iter(self._columns.values())).data) if self._columns else 0

    @property
    def columns(self) -> list[str]:
        """The names of all columns, in order."""
        return list(self._columns)

    @property
    def parts(self) -> Array | None:
        """[N] int8: which part a row is in where that is said; None where nothing is."""
        return self._parts if self._parts is None or self._rows is None else self._parts[self._rows]

    @property
    def told(self) -> dict[str, str]:
        """The kinds as a saved model keeps them, for `read(source, like=…)`."""
        return {name: kind.told for name, kind in self.kinds.items()}

    def of(self, *names: str) -> list[str]:
        """The columns of some kinds: `examples.of("number", "category")`."""
        return [column for column, kind in self.kinds.items() if kind.name in names]

    def stored(self, column: str, rows: Array | slice | None = None) -> Array | Coded:
        """A column in the dtype it is kept in (numbers in the smallest that holds them)."""
        if column not in self._columns:
            raise PlanError(f"There is no column '{column}'. {nearest(column, self._columns)}")
        data = self._columns[column].data
        if self._rows is not None:
            rows = self._rows if rows is None else self._rows[rows]
        return data if rows is None else data[rows]

    def values(self, column: str, rows: Array | slice | None = None) -> Any:
        """What a column holds, by kind.

        number, weight and time: float64 [N], NaN missing; date: float64 seconds since 1970 UTC, NaN missing; category, text,
        identifier, group, constant, empty: `Coded`; image, sound, video, series: object array of absolute paths (str),
        bytes or arrays, None missing; image also uint8/uint16 [N, H, W] or [N, H, W, C]; tags: a list of lists of str, None missing.
        """
        data = self.stored(column, rows)
        kind = self.kinds[column]
        if isinstance(data, Coded) and kind.held == "tags":
            return tags(data, kind.how)
        if isinstance(data, Coded) or kind.held in FILES:
            return data
        return data.astype(np.float64)

    def take(self, rows: Array | Sequence[int]) -> Examples:
        """Some rows (numbers or a mask), in that order. Cheap: columns are shared."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows.astype(np.int64)
        rows = rows if self._rows is None else self._rows[rows]
        return Examples(
            self.source,
            self._columns,
            reading=self.reading,
            parts=self._parts,
            notes=self.notes,
            rows=rows,
            hashes=self._hashes,
        )

    def without(self, *columns: str) -> Examples:
        """All but some columns."""
        kept = {name: column for name, column in self._columns.items() if name not in columns}
        return Examples(
            self.source, kept, reading=self.reading, parts=self._parts, notes=self.notes, rows=self._rows,
            hashes=self._hashes,
        )  # fmt: skip

    def keys(self, ignore: Collection[str] = ()) -> Array:
        """uint64 [N], the same for ever for the same row: of the id column, else of the group, else of all but `ignore`."""
        from lamina.examples import keys

        return keys.of(self, ignore)

    def preview(self, n: int = 5) -> list[dict[str, Any]]:
        """The first rows, for people."""
        some = self.take(np.arange(min(n, len(self))))
        shown = {name: show(some.values(name), kind) for name, kind in self.kinds.items()}
        return [{name: cells[row] for name, cells in shown.items()} for row in range(len(some))]

    def __repr__(self) -> str:
        lines = [f"{count(len(self), 'example')} from {self.source}"]
        width = max((len(name) for name in self._columns), default=0)
        lines += [
            f"  {name:<{min(width, 40)}}  {kind.name}: {kind.reason}" for name, kind in list(self.kinds.items())[:30]
        ]
        if len(self._columns) > 30:
            lines.append(f"  and {len(self._columns) - 30:,} more columns")
        lines += [f"  {note.level}: {note}" for note in self.notes[:8]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        names = self.columns[:20]
        heads = "".join(f"<th>{escape(name)}<br><small>{escape(self.kinds[name].name)}</small></th>" for name in names)
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{escape(str('' if row[name] is None else row[name]))}</td>" for name in names)
            + "</tr>"
            for row in self.preview()
        )
        notes = "".join(f"<li>{escape(str(note))}</li>" for note in self.notes[:8])
        title = f"{count(len(self), 'example')} from {self.source}"
        return f"<p>{escape(title)}</p><table><tr>{heads}</tr>{rows}</table><ul>{notes}</ul>"


def tags(data: Coded, separator: str) -> list[list[str] | None]:
    """The tags of each cell; cells that were lists hold \\x1f between their words."""
    cells = [word.replace(separator, "\x1f") if separator else word for word in data.words]
    lists = [[part for each in cell.split("\x1f") if (part := each.strip())] for cell in cells]
    return [list(lists[code]) if code >= 0 else None for code in data.codes]


def _shown(cell: Any) -> Any:
    """A file as a person reads it."""
    if isinstance(cell, np.ndarray):
        return f"{' × '.join(map(str, cell.shape))} values"
    return f"{len(cell):,} bytes" if isinstance(cell, bytes) else cell


def show(values: Any, kind: Kind) -> list[Any]:
    """Values as a person reads them."""
    if isinstance(values, Coded):
        return list(values.tolist())
    if isinstance(values, list):
        return values
    if kind.held in FILES:
        if values.dtype == object:
            return [_shown(each) for each in values]
        size = " × ".join(str(side) for side in values.shape[1:])
        return [f"{size} pixels"] * len(values)
    if kind.name == "date" or kind.how.startswith("%"):
        return [dates.show(each) for each in values]
    return [None if np.isnan(each) else int(each) if each == int(each) else float(each) for each in values]
