"""Examples for a saved model: its columns and its kinds, nothing judged anew but how cells are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lamina.core import Coded, DataError, nearest
from lamina.examples import columns, dates, long, words
from lamina.examples.examples import Examples
from lamina.examples.infer import check_names, file_kind
from lamina.examples.reading import FILES, Kind, Raw, Reading, count, listed
from lamina.examples.targets import separator_of

_ADVICE = "The model learned it otherwise: give it as it was when learning, or leave the column out."


def obey(raw: Raw, reading: Reading, like: Mapping[str, str], target: Sequence[str] = ()) -> Examples:
    """Examples with the kinds of `like`; columns that are missing are empty, but those of `target` must be there.

    like: column -> kind and how its cells were written (`"number decimal comma"`, `"date %d/%m/%Y"`, `"tags |"`). The
    new cells may be written in another way: that is seen, and what fits both ways is read as it was learned.

    Raises:
        DataError: not one of the model's columns is there, or a target is not, or a column holds something else throughout.
    """
    check_names(raw, Reading(), ())
    for said in like.values():
        name, _, how = said.partition(" ")
        raw = long.refold(raw, how) if name == long.SERIES and how else raw
    there = {name.strip().casefold(): name for name in raw.columns}
    found = {name: name if name in raw.columns else there.get(name.strip().casefold()) for name in like}
    held = {name: Kind(kind.split(" ")[0], "").held for name, kind in like.items()}
    files = [name for name, kind in held.items() if kind in FILES or kind == "text"]
    if len(files) == 1 and found[files[0]] is None:
        own = [name for name, cells in raw.columns.items() if name == held[files[0]] or _holds(cells, held[files[0]])]
        found[files[0]] = own[0] if own else None
    absent = [name for name, own in found.items() if own is None]
    lacking = [name for name in _as_given(absent, like) if name not in raw.columns]
    if len(absent) == len(found):
        wanted = _as_given(found, like)
        close = nearest(lacking[0], raw.columns) if lacking else ""
        what = "none of the columns" if len(lacking) == len(wanted) else "not all columns"
        raise DataError(f"{raw.source} has {what} that the model learned from: it needs {listed(wanted)}. {close}")
    for name in target:
        if found[name] is None:
            raise DataError(
                f"{raw.source} has no column '{name}', which should hold the right answers. {nearest(name, raw.columns)}"
            )
    if absent:
        raw.note(
            "warn",
            f"{count(len(lacking), 'column')} missing ({listed(lacking)}): read as unknown.",
            "Answers will be less sure.",
        )
    settled = {}
    for name, said in like.items():
        place = found[name]
        cells = raw.columns[place] if place is not None else Coded(np.full(len(raw), -1, np.int32), ())
        settled[name] = columns.settle(name, _as_written(said, cells, raw, reading), cells, raw, _ADVICE)
    return Examples(raw.source, settled, reading=reading, parts=raw.parts, notes=raw.notes)


def _as_given(names: Iterable[str], like: Mapping[str, str]) -> list[str]:
    """Columns as people have them: a long table's own ones where its steps were folded into series."""
    found: list[str] = []
    for name in names:
        kind, _, how = like[name].partition(" ")
        found += long.columns_of(how) if kind == long.SERIES and how else [name]
    return found


def _as_written(said: str, cells: Any, raw: Raw, reading: Reading) -> Kind:
    """The kind as learned, with the way these cells are written."""
    name, _, how = said.partition(" ")
    reason = "as the model learned it"
    if name == "tags":
        how = how.strip("\x1f") or reading.separator or separator_of(columns.coded(cells)) or ""
    elif name in ("number", "date") and _are_words(cells):
        distinct = words.clean(cells).drop_nulls().unique(maintain_order=True)
        if not len(distinct):
            how = ""
        elif name == "number":
            how, _ = words.way(distinct, raw.decimal_comma or "decimal comma" in how)
        elif not how or dates.read(distinct, how).null_count():
            how = dates.way(distinct) or how
    return Kind(name, reason, how)


def _are_words(cells: Any) -> bool:
    import polars as pl

    return isinstance(cells, pl.Series) and cells.dtype == pl.String


def _holds(cells: Any, held: str) -> bool:
    """Whether cells look like files of a kind."""
    if held == "text":
        return False
    if isinstance(cells, np.ndarray):
        return cells.ndim > 1 or (cells.dtype == object and len(cells) > 0 and isinstance(cells[0], str | bytes))
    if isinstance(cells, Coded):
        return False
    kind = file_kind(cells, Raw("", {}))
    return kind is not None and kind.name == held
