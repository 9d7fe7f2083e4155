"""What is already in memory: dicts, lists, arrays, frames, one example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lamina.core import Array, DataError
from lamina.examples.columns import as_png, kind_of_bytes, pixels
from lamina.examples.files import called
from lamina.examples.reading import Raw, listed


def read(source: Any, like: Mapping[str, str] | None = None, series: frozenset[str] = frozenset()) -> Raw:
    """Raw columns of a value in memory. series: columns of which somebody says that their arrays are steps of time.

    Raises:
        DataError: it is nothing that holds examples.
    """
    module = type(source).__module__.split(".")[0]
    if isinstance(source, bytes | bytearray):
        return _one_file(bytes(source))
    if module == "PIL":
        return _one_file(
            as_png(np.asarray(source.convert("RGB") if source.mode in ("P", "CMYK", "RGBA", "LA") else source))
        )
    if module == "polars":
        import polars as pl

        return frame(source.collect() if isinstance(source, pl.LazyFrame) else source, "a Polars frame")
    if module in ("pandas", "pyarrow"):
        return frame(_converted(source, module), f"{'an Arrow' if module == 'pyarrow' else 'a pandas'} table")
    if isinstance(source, np.ndarray):
        return _array(source, like, series)
    if isinstance(source, Mapping):
        return _mapping(source, like, series)
    if isinstance(source, Sequence) and not isinstance(source, str):
        return _sequence(list(source), like, series)
    raise DataError(
        f"Examples cannot be read from {type(source).__name__}. Expected is a path, a dict of columns, a list of dicts, "
        "an array, or a frame of pandas, Polars or Arrow."
    )


def frame(found: Any, source: str) -> Raw:
    """The columns of a Polars frame; structs that are not images become a column per field."""
    import polars as pl

    if isinstance(found, pl.Series):
        found = found.to_frame()
    columns: dict[str, Any] = {}
    for series in found.get_columns():
        if isinstance(series.dtype, pl.Struct) and "bytes" not in series.struct.fields:
            columns.update({f"{series.name}.{inner}": series.struct.field(inner) for inner in series.struct.fields})
        elif isinstance(series.dtype, pl.Array) and series.dtype.inner.is_numeric():
            columns.update(_spread(series.name, series.to_numpy()))
        else:
            columns[series.name] = series
    if not columns:
        raise DataError(f"{source} has no columns. Examples are rows with at least one column.")
    return Raw(source, columns)


def _converted(source: Any, module: str) -> Any:
    """pandas and Arrow through Polars; a pandas index with a name is a column."""
    import polars as pl

    if module == "pandas":
        if type(source).__name__ == "Series":
            source = source.to_frame()
        source = source.rename(columns=str)
        doubled = source.columns.duplicated()
        if doubled.any():
            raise DataError(f"The frame has columns of the same name ({listed(source.columns[doubled])}). Rename them.")
        if any(name is not None for name in source.index.names):
            source = source.reset_index()
        for name, dtype in source.dtypes.items():
            if str(dtype) == "object":  # mixed cells: Polars wants one type a column
                source = source.assign(**{str(name): _objects(source[name].tolist())})
        return pl.from_pandas(source)
    return pl.from_arrow(source)


def _objects(cells: list[Any]) -> list[Any]:
    kinds = {type(cell) for cell in cells if cell is not None and cell == cell}
    if len(kinds) <= 1 or kinds <= {int, float}:
        return cells
    return [None if cell is None or cell != cell else str(cell) for cell in cells]


def _one_file(data: bytes) -> Raw:
    kind = kind_of_bytes(data[:12])
    if kind is None:
        raise DataError(
            f"{len(data):,} bytes that begin with {data[:8]!r} are no file that Lamina knows (JPEG, PNG, GIF, BMP, WebP, TIFF; "
            "WAV, FLAC, OGG, MP3; MP4, AVI, Matroska, WebM)."
        )
    return Raw(f"one {kind}", {kind: _objects_of([data])})


def _array(source: Array, like: Mapping[str, str] | None, series: frozenset[str]) -> Raw:
    if series and source.ndim in (2, 3):
        one = like is not None and source.ndim == 2
        return Raw("an array of series", {min(series): _signals([source] if one else list(source))})
    if source.ndim == 3 and _is_signals(list(source)):
        return Raw(f"an array of {len(source):,} series", {"series": _signals(list(source))})
    wants_image = like is not None and "image" in {kind.split(" ")[0] for kind in like.values()}
    if source.ndim == 2 and source.dtype == np.uint8 and wants_image:
        source = source[None]
    elif source.ndim == 3 and source.shape[2] in (3, 4) and source.shape[0] > 4 and source.dtype == np.uint8:
        source = source[None]  # one colour image
    if source.ndim >= 3:
        return Raw(f"an array of {len(source):,} images", {"image": pixels(source)})
    if source.dtype.names:
        return _mapping({name: source[name] for name in source.dtype.names}, like, series)
    if source.ndim == 1:
        source = source[None] if like is not None and len(like) == len(source) else source[:, None]
    if source.ndim != 2 or not source.size:
        raise DataError(
            f"An array of shape {source.shape} holds no examples. Expected is [rows, columns] or images [rows, height, width]."
        )
    names = (
        list(like)
        if like is not None and len(like) == source.shape[1]
        else [f"column_{i + 1}" for i in range(source.shape[1])]
    )
    return Raw(
        f"an array of {source.shape[0]:,} rows and {source.shape[1]:,} columns",
        {name: _series(source[:, i]) for i, name in enumerate(names)},
    )


def _series(cells: Any) -> Any:
    import polars as pl

    if isinstance(cells, pl.Series):
        return cells
    if isinstance(cells, np.ndarray):
        if cells.dtype == object:
            cells = _objects(cells.tolist())
        elif cells.dtype == np.float16:
            cells = cells.astype(np.float32)
        elif cells.dtype.kind == "S":
            cells = np.char.decode(cells, "utf-8")
        elif cells.dtype.kind == "M":
            cells = cells.astype("datetime64[us]")
        elif cells.dtype.kind == "c":
            raise DataError("Complex numbers are not understood. Give their real and imaginary parts as two columns.")
    else:
        cells = _objects(list(cells))
    return pl.Series(cells, strict=False)


def _mapping(source: Mapping[Any, Any], like: Mapping[str, str] | None, series: frozenset[str]) -> Raw:
    """A dict of columns, or one example when its values are single cells."""
    if not source:
        raise DataError("The dict is empty. Expected is column -> values.")
    columns: dict[str, Any] = {}
    single = all(
        _is_cell(value, name, like) or _is_tags(value, name, like) or _is_one_series(value, name, like)
        for name, value in source.items()
    )
    for name, value in source.items():
        name = str(name)
        if single:
            columns.update(_cell(name, value, like))
            continue
        if _is_cell(value, name, like):
            raise DataError(
                f"'{name}' is a single value, while other columns hold several. Every column needs one cell a row."
            )
        match type(value).__module__.split(".")[0]:
            case "torch":
                value = value.numpy()
            case "pandas":
                value = value.to_numpy()
            case "pyarrow":
                value = value.to_numpy(zero_copy_only=False)
        columns.update(_cells(name, value, name in series))
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"'{name}' has {n:,}" for name, n in list(lengths.items())[:5])
        raise DataError(f"Columns are of different lengths: {said}. Every column needs one cell a row.")
    return Raw("one example" if single else "a dict of columns", columns)


def _is_cell(value: Any, name: Any, like: Mapping[str, str] | None) -> bool:
    if isinstance(value, np.ndarray):
        image = like is not None and like.get(str(name), "").startswith("image")
        return value.ndim == 0 or (image and (value.ndim == 2 or (value.ndim == 3 and value.shape[2] in (3, 4))))
    return (
        value is None
        or isinstance(value, str | bytes | bool | int | float | np.generic | Path)
        or (not isinstance(value, Sequence | Mapping) and not _has_length(value))
    )


def _is_tags(value: Any, name: Any, like: Mapping[str, str] | None) -> bool:
    """Whether a list may be the tags of one row: beside single values it is, beside columns it is a column."""
    asked = like is not None and like.get(str(name), "").split(" ")[0] == "tags"
    return asked and isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_one_series(value: Any, name: Any, like: Mapping[str, str] | None) -> bool:
    """Whether steps are those of one row: a list of them is a column where other columns hold several."""
    asked = like is not None and like.get(str(name), "").split(" ")[0] == "series"
    if isinstance(value, np.ndarray):
        return asked and value.dtype != object and value.ndim in (1, 2)
    return asked and isinstance(value, list) and all(isinstance(each, int | float) or _is_step(each) for each in value)


def _is_step(value: Any) -> bool:
    """The signals of one step: numbers, or None where one is missing."""
    return isinstance(value, list) and all(each is None or isinstance(each, int | float) for each in value)


def _has_length(value: Any) -> bool:
    return type(value).__module__.split(".")[0] in ("polars", "pandas", "pyarrow", "torch")


def _cell(name: str, value: Any, like: Mapping[str, str] | None) -> dict[str, Any]:
    if _is_one_series(value, name, like):
        return {name: _signals([np.array(value, np.float64)])}
    if isinstance(value, np.ndarray) and value.ndim >= 2:
        return {name: pixels(value[None])}
    if isinstance(value, bytes) and kind_of_bytes(value[:12]):
        return {name: _objects_of([value])}
    return {
        name: _series(
            [
                str(value)
                if isinstance(value, Path)
                else value.item()
                if isinstance(value, np.generic | np.ndarray)
                else value
            ]
        )
    }


def _objects_of(items: list[Any]) -> Array:
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


def _signals(items: Sequence[Any]) -> Array:
    """A series or a film a row, each an array of its own length."""
    out = np.empty(len(items), dtype=object)
    for row, item in enumerate(items):
        out[row] = item
    return out


def _is_signals(items: Sequence[Any]) -> bool:
    """Whether arrays [rows, columns] cannot be pictures: they hold signs or gaps, or are as wide as each other but not as
    long."""
    there = [item for item in items if item is not None]
    if not there or not all(
        isinstance(each, np.ndarray) and each.dtype.kind == "f" and each.ndim == 2 for each in there
    ):
        return False
    shapes = {item.shape for item in there}
    if len(shapes) > 1 and len({width for _, width in shapes}) == 1:
        return True
    return any(bool(np.isnan(item).any() or (item < 0).any()) for item in there)


def _cells(name: str, value: Any, series: bool = False) -> dict[str, Any]:
    if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 1:
        value = value.tolist()
    if isinstance(value, np.ndarray):
        if value.ndim == 5 or (value.ndim in (2, 3) and series) or (value.ndim == 3 and _is_signals(list(value))):
            return {name: _signals(list(value))}
        if value.ndim >= 3:
            return {name: pixels(value)}
        if value.ndim == 2:
            return _spread(name, value)
        return {name: _series(value)}
    items = list(value) if not isinstance(value, Sequence) else value
    first = next((item for item in items if item is not None), None)
    if isinstance(first, np.ndarray) and (series or first.ndim == 4 or _is_signals(items)):
        return {name: _signals(items)}
    if isinstance(first, np.ndarray) and first.ndim in (2, 3):
        same = len({item.shape for item in items if item is not None}) == 1
        if same and all(item is not None for item in items):
            return {name: pixels(np.stack(items))}
        return {name: _objects_of([None if item is None else as_png(item) for item in items])}
    if isinstance(first, bytes) and kind_of_bytes(first[:12]):
        return {name: _objects_of(list(items))}
    if type(first).__module__.startswith("PIL"):
        return {
            name: _objects_of([None if item is None else as_png(np.asarray(item.convert("RGB"))) for item in items])
        }
    if isinstance(first, Path):
        items = [None if item is None else str(item) for item in items]
    return {name: _series(items)}


def _spread(name: str, value: Array) -> dict[str, Any]:
    """A matrix in one column: a column for each of its own."""
    return {
        (f"{name}_{i + 1}" if value.shape[1] > 1 else name): _series(np.ascontiguousarray(value[:, i]))
        for i in range(value.shape[1])
    }


def _sequence(source: list[Any], like: Mapping[str, str] | None, series: frozenset[str]) -> Raw:
    if not source:
        raise DataError("The list is empty. Expected is a list of dicts, of images, or of rows.")
    first = source[0]
    if isinstance(first, Mapping):
        names = dict.fromkeys(str(name) for row in source for name in row)
        return Raw(
            f"a list of {len(source):,} dicts",
            {
                k: v
                for name in names
                for k, v in _cells(name, [row.get(name) for row in source], name in series).items()
            },
        )
    if isinstance(first, np.ndarray) and (series or _is_signals(source)):
        return Raw(f"a list of {len(source):,} series", {min(series, default="series"): _signals(source)})
    if (
        isinstance(first, bytes)
        or (isinstance(first, np.ndarray) and first.ndim >= 2)
        or type(first).__module__.startswith("PIL")
    ):
        kind = (kind_of_bytes(first[:12]) if isinstance(first, bytes) else None) or "image"
        return Raw(f"a list of {called(len(source), kind)}", _cells(kind, source))
    if isinstance(first, Sequence | np.ndarray) and not isinstance(first, str):
        widths = {len(row) for row in source}
        if len(widths) > 1:
            raise DataError(
                f"The rows of the list have different lengths ({listed(sorted(widths))}). Every row needs the same number of cells."
            )
        return Raw(
            f"a list of {len(source):,} rows",
            {f"column_{i + 1}": _series([row[i] for row in source]) for i in range(widths.pop())},
        )
    if like is not None and len(like) == len(source) > 1:
        return Raw("one row", {name: _series([cell]) for name, cell in zip(like, source, strict=True)})
    return Raw(f"a list of {len(source):,} values", {"column_1": _series(source)})
