"""A long table, a row per step of time, to a row per example: its steps become one column of series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lamina.core import Array, Coded, DataError
from lamina.examples import columns
from lamina.examples.reading import Raw, Reading, count, listed

SERIES = "series"
_BETWEEN = "\x1f"  # of the names that a saved model keeps


@dataclass(frozen=True, slots=True)
class Steps:
    """Where the rows of each example lie. order: all rows with an example, those of one beside each other and along time;
    starts: of each example in `order`; times: [N] of all rows, or None."""

    order: Array
    starts: Array
    times: Array | None

    def differ(self, codes: Array) -> Array:
        """[examples] bool: whether one has several codes [N]; -1 is missing and differs from none."""
        found = codes[self.order]
        least = np.minimum.reduceat(np.where(found < 0, np.iinfo(np.int64).max, found), self.starts)
        differing: Array = np.maximum.reduceat(found, self.starts) > least
        return differing

    def first(self, known: Array) -> Array:
        """[examples]: a row of each, the first that is known where there is one."""
        place = np.arange(len(self.order))
        found = np.minimum.reduceat(np.where(known[self.order], place, len(place)), self.starts)
        rows: Array = self.order[np.where(found < len(place), found, self.starts)]
        return rows


def fold(raw: Raw, reading: Reading, target: Sequence[str]) -> tuple[Raw, Reading]:
    """The examples of `reading.example`, and how they are read from here on.

    Numbers that change within an example are its signals, what stays the same is a column of the example as it was. Words
    that change are left out.

    Raises:
        DataError: a target changes within an example, or nothing changes in any.
    """
    assert reading.example is not None
    steps = _steps(raw, reading.example, reading.time)
    signals: list[str] = []
    left_out: list[str] = []
    for name in [each for each in raw.columns if each not in (reading.example, reading.time, *reading.drop)]:
        numbers, codes = _codes(name, raw)
        differ = steps.differ(codes)
        if not differ.any():
            continue
        if name in target:
            _refuse(name, raw, reading.example, steps, int(np.argmax(differ)))
        if numbers is None or reading.kind.get(name) in ("category", "group"):
            left_out.append(name)
        else:
            signals.append(name)
    if not signals:
        raise DataError(
            f"No number changes within the examples of '{reading.example}': there is no series in {raw.source}. "
            "Leave --example out, or name the column that says which rows are steps of one example."
        )
    if left_out:
        raw.note(
            "info", f"{count(len(left_out), 'column')} with words that change over time left out: {listed(left_out)}."
        )
    dropped = [name for name in (*left_out, *reading.drop) if name in raw.columns and name != reading.example]
    found = _folded(raw, steps, reading.example, reading.time, signals, dropped)
    kind = {name: said for name, said in reading.kind.items() if name in found.columns}
    kept = replace(reading, example=None, time=None, id=reading.example, kind=kind, drop=())
    return found, kept


def folded_by(how: str) -> tuple[str, str | None]:
    """The columns of the example and of the time by which a saved model folded what it learned from."""
    example, time, *_ = how.split(_BETWEEN)
    return example, time or None


def columns_of(how: str) -> list[str]:
    """The columns of a long table that a saved model folded: of the example, of the time, and its signals."""
    return [name for name in how.split(_BETWEEN) if name]


def refold(raw: Raw, how: str) -> Raw:
    """As a saved model folded the examples that it learned from; a table of other columns stays what it is."""
    example, time, *signals = how.split(_BETWEEN)
    if example not in raw.columns or SERIES in raw.columns or not any(name in raw.columns for name in signals):
        return raw
    clock = time if time in raw.columns else None
    there = [name for name in signals if name in raw.columns]
    return _folded(raw, _steps(raw, example, clock), example, clock, there, [])


def _steps(raw: Raw, example: str, time: str | None) -> Steps:
    codes = columns.coded(raw.columns[example]).codes.astype(np.int64)
    if raw.parts is not None:  # the training and the test set may both count from 1
        codes = np.where(codes < 0, -1, codes * 4 + raw.parts + 1)
    if (codes < 0).all():
        raise DataError(f"The column '{example}' of {raw.source} is empty: no row says which example it belongs to.")
    if lost := int((codes < 0).sum()):
        raw.note("warn", f"{count(lost, 'row')} without '{example}' left out: it says which example a row belongs to.")
    times = None if time is None else _clock(time, raw)
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    appears = first[place]  # examples stay in the order in which they come
    order = np.lexsort((np.arange(len(codes)) if times is None else times, appears))
    order = order[codes[order] >= 0]
    starts = np.flatnonzero(np.diff(appears[order], prepend=-1))
    return Steps(order, starts, times)


def _clock(time: str, raw: Raw) -> Array:
    from lamina.examples.infer import infer

    kind = infer(time, raw.columns[time], raw)
    found = (
        columns.date(raw.columns[time], kind.how)
        if kind.name == "date"
        else columns.number(raw.columns[time], kind.how)
    )
    times = found.astype(np.float64)
    if np.isnan(times).all():
        raise DataError(f"The time column '{time}' holds neither dates nor numbers. Write dates as 2024-12-31 13:00.")
    return times


def _codes(name: str, raw: Raw) -> tuple[Array | None, Array]:
    """The numbers of a column (None where it holds none), and for each row a code for what it says, -1 where missing."""
    from lamina.examples.infer import infer

    cells = raw.columns[name]
    if isinstance(cells, np.ndarray) and (cells.ndim > 1 or cells.dtype == object):
        return None, np.zeros(len(cells), np.int64)  # files: taken as of the example
    kind = infer(name, cells, raw)
    if kind.name != "number":
        return None, columns.coded(cells).codes.astype(np.int64)
    numbers = columns.number(cells, kind.how).astype(np.float64)
    _, codes = np.unique(numbers, return_inverse=True)
    return numbers, np.where(np.isnan(numbers), -1, codes)


def _refuse(name: str, raw: Raw, example: str, steps: Steps, which: int) -> None:
    ends = [*steps.starts.tolist(), len(steps.order)]
    rows = steps.order[ends[which] : ends[which + 1]]
    said = list(dict.fromkeys(word for word in columns.coded(raw.columns[name])[rows].tolist() if word is not None))
    called = columns.coded(raw.columns[example])[rows[:1]].tolist()[0]
    raise DataError(
        f"The target '{name}' changes within one example: for '{example}' {called} it is {listed(said, 3)}. "
        "One answer is learned for each example; cut the series where the answer changes, and give each part a name."
    )


def _folded(
    raw: Raw, steps: Steps, example: str, time: str | None, signals: Sequence[str], dropped: Sequence[str]
) -> Raw:
    from lamina.examples.infer import infer

    clock = [] if steps.times is None else [("time", steps.times)]
    numbers = [(name, columns.number(raw.columns[name], infer(name, raw.columns[name], raw).how)) for name in signals]
    whole = np.empty(len(steps.order), [(name, np.float64) for name, _ in (*clock, *numbers)])
    for name, values in (*clock, *numbers):
        whole[name] = values[steps.order]
    cells = np.empty(len(steps.starts), object)
    cells[:] = np.split(whole, steps.starts[1:])
    found: dict[str, Any] = {}
    for name, column in raw.columns.items():
        if name not in (*signals, *dropped, time):
            found[name] = _taken(column, steps)
    found[SERIES] = cells
    how = _BETWEEN.join([example, time or "", *signals])
    parts = None if raw.parts is None else raw.parts[steps.order[steps.starts]]
    return replace(raw, columns=found, parts=parts, kinds={**raw.kinds, SERIES: f"{SERIES} {how}"})


def _taken(column: Any, steps: Steps) -> Any:
    """What a column says of each example."""
    if isinstance(column, np.ndarray):
        return column[steps.first(np.ones(len(column), bool))]
    if isinstance(column, Coded):
        return column[steps.first(column.codes >= 0)]
    return column.gather(steps.first(column.is_not_null().to_numpy()))
