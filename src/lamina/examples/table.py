"""Tables in files: CSV and its kin, JSON lines, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamina.core import DataError
from lamina.examples import arrays, encodings, npz, sniff, words
from lamina.examples.reading import Raw, Reading, count, listed
from lamina.examples.sniff import Layout

if TYPE_CHECKING:
    import polars as pl

_TEXT = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat", "")
_KNOWN = "CSV, TSV, JSON lines and Parquet (also .gz and .zst), NumPy and IDX files, SQLite, images"


def read(path: Path, like: Mapping[str, str] | None = None, reading: Reading | None = None) -> Raw:
    """The columns of a table in a file.

    Raises:
        DataError: the file is empty, damaged, ragged or of an unknown type.
    """
    words_wanted = {name for name, kind in (reading.kind if reading else {}).items() if kind not in ("number", "date")}
    return frame(path, like, words_wanted)


def frame(path: Path, like: Mapping[str, str] | None = None, as_words: set[str] | None = None) -> Raw:
    """Raw columns; those in `as_words`, and those that a saved model does not take as plain numbers, stay words."""
    as_words = set(as_words or ()) | {
        name for name, kind in (like or {}).items() if kind not in ("number", "date", "time")
    }
    if not path.stat().st_size:
        raise DataError(f"'{path}' is empty. Expected is a line that names the columns, then a row a line.")
    name = path.name.lower()
    packed = name.endswith((".gz", ".zst"))
    suffix = Path(name.removesuffix(".gz").removesuffix(".zst")).suffix
    if suffix in npz.SUFFIXES:
        return npz.read(path, like)
    if suffix in (".parquet", ".pq"):
        return _parquet(path, packed)
    if suffix in (".jsonl", ".ndjson", ".json"):
        raw = _json_lines(path) if suffix != ".json" else _json(path)
    elif suffix in _TEXT:
        raw = _text(path, as_words, like is not None)
    else:
        raise DataError(f"'{path}' ends in '{suffix}', which Lamina does not read. It reads {_KNOWN}.")
    raw.source, raw.folder = str(path), path.parent
    return raw


def _parquet(path: Path, packed: bool) -> Raw:
    import polars as pl

    try:
        source: Any = io.BytesIO(sniff.unpack(path)) if packed else path
        found = pl.read_parquet(source)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"'{path}' cannot be read as Parquet: {error}.") from error
    raw = arrays.frame(found, str(path))
    raw.folder = path.parent
    return raw


def _json_lines(path: Path) -> Raw:
    import polars as pl

    data = sniff.unpack(path)
    data = (
        sniff.decode(data, sniff.encoding(data[: sniff.HEAD], path)).lstrip("\ufeff").encode()
        if not data.isascii()
        else data
    )
    if not data.strip():
        raise DataError(f"'{path}' is empty. Expected is one JSON object a line.")
    try:
        return arrays.frame(pl.read_ndjson(io.BytesIO(data), infer_schema_length=None), str(path))
    except (pl.exceptions.PolarsError, ValueError):
        rows = []
        for number, line in enumerate(data.splitlines(), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataError(
                    f"Line {number} of '{path}' is no JSON: {error}. Expected is one JSON object a line."
                ) from error
            if not isinstance(row, dict):
                raise DataError(
                    f"Line {number} of '{path}' is {type(row).__name__}, not an object like {{\"a\": 1}}."
                ) from None
            rows.append(row)
        return arrays.read(rows)


def _json(path: Path) -> Raw:
    data = sniff.unpack(path)
    try:
        found = json.loads(sniff.decode(data, sniff.encoding(data[: sniff.HEAD], path)))
    except ValueError as error:
        if data.lstrip().startswith(b"{") and b"\n{" in data:
            return _json_lines(path)
        raise DataError(f"'{path}' is no JSON: {error}.") from error
    if not isinstance(found, list | dict):
        raise DataError(
            f"'{path}' holds {type(found).__name__}. Expected is a list of objects, or an object of columns."
        )
    return arrays.read(found)


def _text(path: Path, as_words: set[str], answering: bool) -> Raw:
    layout = sniff.look(path)
    found = _csv(path, layout, as_words)
    raw = Raw(str(path), {}, decimal_comma=layout.decimal_comma)
    if not found.height:
        raise DataError(
            f"'{path}' names {count(found.width, 'column')} but has no rows below. At least a few examples are needed."
        )
    last = found.get_columns()[-1]
    if last.null_count():
        _check_ragged(path, layout)
        found = _without_blank(found, raw, path if answering else None)
    for series in found.get_columns():
        place = layout.names.index(series.name) if series.name.startswith("column_") else 0
        if layout.named and series.name == f"column_{place + 1}" and series.null_count() == len(series):
            continue  # every line ends in a separator
        raw.columns[series.name] = series
    if not layout.named:
        raw.note(
            "info",
            f"The first line looks like data, so the columns are called {layout.names[0]} to {layout.names[-1]}.",
            "A first line with names is kinder to people.",
        )
    if layout.renamed:
        raw.note("warn", f"Several columns are called {listed(layout.renamed)}: the later ones are numbered.")
    if layout.encoding == encodings.WESTERN:
        raw.notes.append(encodings.note("The file", sniff.decode(sniff.head(path), layout.encoding)))
    return raw


def _without_blank(found: pl.DataFrame, raw: Raw, answering: Path | None) -> pl.DataFrame:
    """Rows without any value are left out; where rows are answered only those at the end, so that answers stay in line."""
    import polars as pl

    if found.width == 1 and answering is None:
        return found
    blank = found.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy().copy()
    if answering is not None:
        with answering.open("rb") as file:
            file.seek(max(0, answering.stat().st_size - 4096))
            tail = file.read()
        ends = tail[len(tail.rstrip()) :].count(b"\n") - 1
        blank[: len(blank) - max(0, ends)] = False
    if not blank.any() or blank.all():
        return found
    raw.note("info", f"{count(int(blank.sum()), 'row')} without any value skipped.")
    return found.filter(pl.Series(~blank))


def _csv(path: Path, layout: Layout, as_words: set[str]) -> pl.DataFrame:
    """Read with plain numbers parsed on the way; a column whose numbers end midway is read again as words."""
    import polars as pl

    source: Any = path
    if layout.encoding != "utf-8" or b"\r" in sniff.head(path).replace(b"\r\n", b""):
        text = sniff.decode(sniff.unpack(path), layout.encoding).lstrip("\ufeff")
        source = io.BytesIO(text.replace("\r\n", "\n").replace("\r", "\n").encode())
    types = {"int": pl.Int64, "float": pl.Float64}
    plain = {name: types[kind] for name, kind in layout.plain.items() if name not in as_words}
    for _ in range(8):
        try:
            return pl.read_csv(
                source,
                has_header=False,
                skip_lines=layout.skip,
                separator=layout.separator,
                schema={name: plain.get(name, pl.String) for name in layout.names},
                null_values=list(words.MISSING),
                truncate_ragged_lines=False,
                raise_if_empty=False,
            )
        except pl.exceptions.PolarsError as error:
            said = str(error)
            if "more fields" in said or "n_extra" in said:
                _check_ragged(path, layout)
            if "utf-8" in said.lower() or "utf8" in said.lower():
                source = io.BytesIO(sniff.decode(sniff.unpack(path), "cp1252").encode())
            elif 'could not parse `"' in said:
                raise DataError(f"'{path}' has a text that opens with a quote and never closes it.") from error
            elif "could not parse" in said and plain:
                name = next((name for name in plain if f"at column '{name}'" in said), None)
                if name is not None and plain[name] == pl.Int64:
                    plain[name] = pl.Float64
                elif name is not None and len(plain) > 1:
                    del plain[name]
                else:
                    plain = {}
            else:
                raise DataError(f"'{path}' cannot be read as a table: {said.splitlines()[0]}.") from error
            if not isinstance(source, Path):
                source.seek(0)
            if _ >= 5:
                plain = {}
    raise DataError(f"'{path}' cannot be read as a table.")


def _check_ragged(path: Path, layout: Layout) -> None:
    """Find the first line whose number of cells differs.

    Raises:
        DataError: there is one; its line is named.
    """
    data = sniff.unpack(path)
    width = len(layout.names)
    text = sniff.decode(data, layout.encoding).lstrip("\ufeff")
    lines = text.count("\n") + (not text.endswith("\n"))
    if '"' not in text and text.count(layout.separator) == lines * (width - 1):
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.separator)
    for row in reader:
        if (
            len(row) not in (0, width)
            and not (len(row) == 1 and not row[0].strip())
            and reader.line_num > layout.skip - layout.named
        ):
            raise DataError(
                f"Line {reader.line_num} of '{path}' has {count(len(row), 'cell')}, but the first line has {width}. "
                "Look for a missing or extra separator, or a text with an unclosed quote."
            )
