"""One series as somebody keeps it (a CSV or Parquet file, its bytes, an array, lists) to named signals over time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lamina.core import Array, Unreadable

TIMES = re.compile(
    r"^(time|times|timestamp|t|date|datetime|seconds?|ms|step|frame|sample|index|unnamed: 0|)$", re.IGNORECASE
)
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "."})
BYTES = 200_000_000  # a larger file is refused before it is read


@dataclass(frozen=True, slots=True)
class Steps:
    """names: of the signals; empty where nobody said. values: [T, C] float32, NaN where missing. times: [T] seconds, or
    whatever unit they are in; None where there are none. empty: names that were given without a single number."""

    names: tuple[str, ...]
    values: Array
    times: Array | None = None
    empty: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)


def read(value: Any) -> Steps:
    """A series from a path or the bytes of a file, an array [T, C] or [T] (with named fields or without), rows as lists or
    as dicts, or a dict of columns.

    Raises:
        Unreadable: it is missing (then without a reason), empty, ragged, or holds no numbers.
    """
    if value is None:
        raise Unreadable("")
    if isinstance(value, str):
        return _file(Path(value))
    if isinstance(value, bytes):
        return _parquet(value) if value[:4] == b"PAR1" else text(value)
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Mapping):
        return _columns(value)
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        return _columns(
            {name: [row.get(name) for row in value] for name in dict.fromkeys(k for row in value for k in row)}
        )
    if isinstance(value, Sequence):
        return _array(_numbers(value))
    raise Unreadable(f"is {type(value).__name__}, not a series")


def text(content: bytes) -> Steps:
    """The signals of a CSV file, with a line of names or without, whatever parts its cells."""
    try:
        said = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252", "replace")
    lines = [(number, line) for number, line in enumerate(said.splitlines(), 1) if line.strip()]
    if not lines:
        raise Unreadable("is empty")
    first = lines[0][1].lstrip("# ") or lines[0][1]  # the line of names may be marked as a comment
    lines[0] = (lines[0][0], first)
    separator = max("\t;,|", key=first.count)
    part = (lambda line: line.split(separator)) if separator in first else str.split
    rows = [[cell.strip().strip('"').strip() for cell in part(line)] for _, line in lines]
    width = len(rows[0])
    for (number, _), row in zip(lines, rows, strict=True):
        if len(row) != width:
            raise Unreadable(f"line {number} has {len(row)} cells, the first line {width}")
    if separator == ";" and any("," in cell for row in rows[1:20] for cell in row):
        rows = [rows[0], *([cell.replace(",", ".") for cell in row] for row in rows[1:])]
    named = not all(_is_number(cell) for cell in rows[0])
    names = rows[0] if named else [""] * width
    if named and not rows[1:]:
        raise Unreadable("has a line of names but no steps below")
    body = rows[1:] if named else rows
    return _settled(names, [_cells(list(column)) for column in zip(*body, strict=True)])


def _file(path: Path) -> Steps:
    try:
        if path.stat().st_size > BYTES:
            raise Unreadable(f"has more than {BYTES // 10**6} MB")
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    if path.suffix.lower() in (".parquet", ".pq"):
        return _parquet(content)
    return text(content)


def _parquet(content: bytes) -> Steps:
    import io

    import polars as pl

    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise Unreadable("cannot be read as Parquet") from error
    return _columns({each.name: _plain(each.to_numpy()) for each in frame.get_columns()})


def _array(value: Array) -> Steps:
    if value.dtype.names:
        return _columns({name: _plain(value[name]) for name in value.dtype.names})
    if value.ndim not in (1, 2) or value.dtype.kind not in "biuf":
        raise Unreadable(f"is an array of shape {value.shape}, not [steps, signals] of numbers")
    if not value.size:
        raise Unreadable("is empty")
    with np.errstate(over="ignore"):
        return Steps((), _finite(value.astype(np.float32).reshape(len(value), -1)))


def _numbers(value: Sequence[Any]) -> Array:
    try:
        return np.array(value, np.float64)  # None becomes NaN
    except (TypeError, ValueError):
        raise Unreadable("is no list of numbers, nor of equally long lists of numbers") from None


def _columns(columns: Mapping[str, Any]) -> Steps:
    found = [each if isinstance(each, np.ndarray) else _cells(list(each)) for each in columns.values()]
    if len({len(each) for each in found}) > 1:
        raise Unreadable("has columns of different lengths")
    return _settled([str(name) for name in columns], found)


def _settled(names: list[str], columns: list[Array]) -> Steps:
    """Columns of numbers are signals, the one that counts time is time, and one of words says nothing here."""
    names = [bare(name) for name in names]
    times, named = None, any(names)
    kept: list[tuple[str, Array]] = []
    empty: list[str] = []
    for name, column in zip(names, columns, strict=True):
        if named and times is None and TIMES.match(name) and _rises(column):
            times = column
        elif not named or np.isfinite(column).any():  # without names, the places must stay what they are
            kept.append((name, column))
        else:
            empty.append(name)
    if not any(np.isfinite(column).any() for _, column in kept):
        raise Unreadable("holds no numbers")
    with np.errstate(over="ignore"):
        values = np.stack([column for _, column in kept], 1).astype(np.float32)
    return Steps(tuple(name for name, _ in kept) if named else (), _finite(values), times, tuple(empty))


def bare(name: str) -> str:
    """`bare("# ax ") == "ax"`."""
    return name.strip().lstrip("# ")


def _finite(values: Array) -> Array:
    found: Array = np.where(np.isfinite(values), values, np.float32(np.nan))
    return found


def _rises(column: Array) -> bool:
    return (
        len(column) > 1
        and bool(np.isfinite(column).all())
        and bool((np.diff(column) >= 0).all())
        and column[-1] > column[0]
    )


def _cells(cells: list[Any]) -> Array:
    """float64 [T]: numbers, moments as seconds, NaN where missing or a word."""
    try:
        return np.array(cells, np.float64)  # None becomes NaN
    except (TypeError, ValueError):
        pass
    said = [None if cell is None or str(cell).strip().lower() in MISSING else str(cell) for cell in cells]
    found = np.array([float(cell) if cell is not None and _is_number(cell) else np.nan for cell in said])
    words = sum(cell is not None for cell in said) - int(np.isfinite(found).sum())
    if words > len(cells) / 2 and (moments := _moments(said)) is not None:
        return moments
    return found


def _moments(cells: list[str | None]) -> Array | None:
    """Seconds since 1970 of moments as ISO 8601 writes them."""
    try:
        found = np.array(["NaT" if cell is None else cell.replace("Z", "") for cell in cells], "datetime64[us]")
    except ValueError:
        return None
    return _plain(found)


def _plain(column: Array) -> Array:
    """Numbers as float64; moments as seconds."""
    if column.dtype.kind in "mM":
        whole = column.astype("datetime64[us]" if column.dtype.kind == "M" else "timedelta64[us]")
        return np.where(np.isnat(whole), np.nan, whole.astype(np.int64) / 1e6)
    if column.dtype.kind in "biuf":
        return column.astype(np.float64)
    return _cells(column.tolist())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
