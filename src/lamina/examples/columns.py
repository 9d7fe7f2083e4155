"""From what a source gives (Polars series, arrays, words) to settled columns, once the kind is known."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.core import Array, Coded, DataError
from lamina.examples import dates, words
from lamina.examples.reading import FILES, Column, Kind, Raw, count, listed

if TYPE_CHECKING:
    import polars as pl

_IMAGE = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"P5", b"P6", b"P4")
_SOUND = (b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b".snd", b"caff")
_VIDEO = (
    b"\x1aE\xdf\xa3",
    b"FLV\x01",
    b"\x00\x00\x01\xba",
    b"0&\xb2u",
)  # Matroska and WebM, Flash, MPEG, Windows Media
_STILL = (b"M4A ", b"M4B ", b"heic", b"heix", b"mif1", b"avif")  # sounds and pictures in the same container
_INSIDE = {
    b"WEBP": "image",
    b"WAVE": "sound",
    b"AIFF": "sound",
    b"AIFC": "sound",
    b"AVI ": "video",
}  # of files that begin as RIFF or FORM


def kind_of_bytes(data: bytes) -> str | None:
    """The kind of a file that begins so: `kind_of_bytes(b"fLaC") == "sound"`."""
    if data.startswith((b"RIFF", b"RF64", b"FORM")):
        return _INSIDE.get(data[8:12])
    if data[4:8] == b"ftyp":  # MP4, QuickTime, 3GP: by what they say to be
        return None if data[8:12] in _STILL else "video"
    for kind, marks in (("image", _IMAGE), ("sound", _SOUND), ("video", _VIDEO)):
        if data.startswith(marks):
            return kind
    return None


def compact(values: Array) -> Array:
    """The smallest dtype that keeps the values apart: int8/16/32, float32, float64. NaN and infinities are missing."""
    if values.dtype.kind in "iub":
        low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
        for dtype in (np.int8, np.int16, np.int32):
            if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
                return values.astype(dtype)
        return values.astype(np.float64)
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, np.nan)
    elif len(values):
        low, high = values.min(), values.max()
        if abs(low) < 2**31 and abs(high) < 2**31:
            whole = values.astype(np.int32)
            if (whole == values).all():
                return compact(whole)
    with np.errstate(over="ignore", under="ignore"):
        small = values.astype(np.float32)
    if values.dtype == np.float32 or not np.isfinite(small[finite]).all():
        return small if values.dtype == np.float32 else values.astype(np.float64)
    span = np.nanmax(values) - np.nanmin(values) if finite.any() else 0.0
    error = np.nanmax(np.abs(small - values)) if finite.any() else 0.0
    return small if error <= 1e-5 * span else values.astype(np.float64)


def count_distinct(values: Array) -> int:
    """How many different values, without sorting where that can be helped."""
    if values.dtype in (np.int8, np.int16):
        return int(np.count_nonzero(np.bincount(values.astype(np.int64) - int(values.min()))))
    if len(values) < 5_000:
        return len(np.unique(values))
    import polars as pl

    return pl.Series(values).n_unique()


def number(cells: Any, how: str = "") -> Array:
    """Compact numbers of a series, words or an array."""
    if isinstance(cells, Coded):
        known = np.array([v if (v := words.as_number(word)) is not None else np.nan for word in cells.words] + [np.nan])
        return compact(known[cells.codes])
    if isinstance(cells, np.ndarray):
        return compact(cells.astype(np.float64) if cells.dtype.kind in "Of" else cells)
    import polars as pl

    series: pl.Series = cells
    if series.dtype in (pl.Date, pl.Datetime):
        return compact(dates.seconds(series))
    if series.dtype == pl.Duration:
        series = series.dt.total_microseconds() / 1e6
    if series.dtype == pl.Time:
        series = series.cast(pl.Int64) / 1e9
    if series.dtype == pl.Boolean:
        series = series.cast(pl.Int8)
    if not series.dtype.is_numeric():
        series = words.numbers(words.clean(series), how)
    if series.dtype.is_decimal():
        series = series.cast(pl.Float64)
    if series.null_count():
        series = series.cast(pl.Float64).fill_null(np.nan)
    return compact(series.to_numpy())


def strings(series: pl.Series) -> pl.Series:
    """Any series as words; lists as words with a separator that nobody types."""
    import polars as pl

    dtype = series.dtype
    if dtype == pl.Boolean:
        return pl.select(pl.when(series).then(pl.lit("true")).when(series.not_()).then(pl.lit("false"))).to_series()
    if dtype.is_float() or dtype.is_decimal():
        known = series.cast(pl.Float64).fill_nan(None)
        found = known.drop_nulls().unique().to_list()
        return known.replace_strict(
            found, [words.spell(v) if np.isfinite(v) else None for v in found], return_dtype=pl.String
        )
    if isinstance(dtype, pl.List | pl.Array):
        if isinstance(dtype, pl.Array):
            series = series.arr.to_list()
        joined = series.list.eval(pl.element().cast(pl.String)).list.join("\x1f", ignore_nulls=True)
        # An empty list says "none"; only a missing one says nothing.
        return pl.select(pl.when(series.list.len() == 0).then(pl.lit("\x1f")).otherwise(joined)).to_series()
    if dtype == pl.Binary:
        return series.bin.encode("hex")
    if dtype == pl.Object:
        return pl.Series([None if cell is None else str(cell) for cell in series.to_list()], dtype=pl.String)
    if isinstance(dtype, pl.Struct):
        return series.struct.json_encode()
    return series.cast(pl.String)


def coded(cells: Any) -> Coded:
    """The words of a series, an array or words."""
    if isinstance(cells, Coded):
        return cells
    import polars as pl

    if isinstance(cells, np.ndarray):
        cells = pl.Series(cells.tolist(), strict=False) if cells.dtype == object else pl.Series(cells)
    return words.code(words.clean(strings(cells)))


def date(cells: Any, how: str) -> Array:
    """Seconds since 1970 UTC. Plain numbers are taken as such (years as years, yyyymmdd, epochs in s, ms, us or ns)."""
    import polars as pl

    series = pl.Series(cells.tolist(), dtype=pl.String) if isinstance(cells, Coded) else pl.Series(cells)
    if series.dtype in (pl.Date, pl.Datetime):
        return dates.seconds(series)
    if not series.dtype.is_numeric():
        series = words.clean(strings(series))
        how = how or dates.way(series.drop_nulls().unique()) or ""
        if how:
            return dates.read(series, how).fill_null(np.nan).to_numpy()
        series = words.numbers(series, "")
    values = series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    top = np.nanmax(np.abs(values)) if np.isfinite(values).any() else 0.0
    if top < 10_000:
        return (values - 1970) * 365.2425 * 86400
    if np.nanmin(values) > 19_000_000 and top < 22_000_000:
        text = pl.Series(values).cast(pl.Int64, strict=False).cast(pl.String)
        return dates.read(text, "%Y%m%d").fill_null(np.nan).to_numpy()
    for limit, scale in ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6)):
        if top < limit:
            return values / scale
    return values / 1e9


def files(cells: Any, raw: Raw, held: str) -> Array:
    """Absolute paths, bytes or arrays (None missing); one array of pixels stays what it is."""
    if isinstance(cells, np.ndarray) and cells.ndim > 1 and held == "image":
        return pixels(cells)
    if isinstance(cells, Coded):
        items: Sequence[Any] = cells.tolist()
    elif isinstance(cells, np.ndarray):
        items = list(cells) if cells.ndim > 1 else cells.tolist()
    else:
        items = cells.to_list()
    out = np.empty(len(items), dtype=object)
    folder = raw.folder or Path()
    for row, item in enumerate(items):
        if isinstance(item, dict):  # as Hugging Face writes images to Parquet: {"bytes": …, "path": …}
            item = item.get("bytes") or item.get("path")
        if isinstance(item, str | Path) and str(item).strip() not in words.MISSING:
            out[row] = str((folder / str(item).strip()).absolute())
        elif isinstance(item, bytes | bytearray):
            out[row] = bytes(item)
        elif isinstance(item, np.ndarray):
            out[row] = as_png(item) if held == "image" else item
        elif isinstance(item, list):
            out[row] = _steps(item)
    return out


def _steps(item: list[Any]) -> Array | None:
    """A series [T] or [T, C] that was written as lists of numbers; empty and ragged ones say nothing."""
    try:
        return np.array(item, np.float64) if item else None
    except (TypeError, ValueError):
        return None


def pixels(values: Array) -> Array:
    """[N, H, W] or [N, H, W, C] of uint8 or uint16."""
    shape = values.shape
    if values.ndim not in (3, 4) or (values.ndim == 4 and shape[3] not in (1, 3, 4)):
        channels_first = values.ndim == 4 and shape[1] in (1, 3, 4)
        advice = " Move the channels to the end: x.transpose(0, 2, 3, 1)." if channels_first else ""
        raise DataError(
            f"Images as an array are [rows, height, width] or [rows, height, width, channels], not {shape}.{advice}"
        )
    if values.dtype in (np.uint8, np.uint16):
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * 255
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low >= 0 and high <= 1 and values.dtype.kind == "f":
        shares: Array = np.rint(np.nan_to_num(values) * 255).astype(np.uint8)
        return shares
    if low >= 0 and high <= 65535:
        return np.nan_to_num(values).astype(np.uint8 if high <= 255 else np.uint16)
    raise DataError(
        f"Images as an array hold 0..255 (or 0..1, or 0..65535), but these go from {low:g} to {high:g}. Scale them first."
    )


def as_png(picture: Array) -> bytes:
    """One image [H, W] or [H, W, C] as the bytes of a PNG file: images of several sizes cannot share an array."""
    from PIL import Image

    flat = pixels(picture[None])[0]
    if flat.dtype == np.uint16 and flat.ndim == 3:
        flat = (flat >> 8).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(flat[..., 0] if flat.ndim == 3 and flat.shape[2] == 1 else flat).save(
        buffer, "PNG", compress_level=1
    )
    return buffer.getvalue()


def settle(name: str, kind: Kind, cells: Any, raw: Raw, advice: str = "") -> Column:
    """A column as the kind that somebody (a person, a saved model, `infer`) says it is.

    advice: what to do where nothing can be read that way; by default to say another kind.

    Raises:
        DataError: not one cell can be read that way.
    """
    data: Array | Coded
    held = kind.held
    match held:
        case "number" | "weight":
            data = number(cells, kind.how)
        case "date":
            data = date(cells, kind.how)
        case _ if held in FILES:
            data = files(cells, raw, held)
        case _:
            data = coded(cells)
    if held == "number" and (endless := _infinite(cells)):
        raw.note("warn", f"{count(endless, 'infinite number')} in '{name}': read as missing.")
    lost = _lost(cells, data) if held in ("number", "date", "weight") and not isinstance(data, Coded) else []
    if lost:
        what = f"{count(len(lost), 'cell')} of '{name}' cannot be read as {'a date' if held == 'date' else 'a number'} ({listed(lost, 3)})"
        if np.isnan(np.asarray(data, dtype=np.float64)).all() and len(data) > 1:
            advice = advice or f"Say what the column holds, for example --kind {name}=category."
            raise DataError(f"{what}, and no other cell can. {advice}")
        raw.note("warn", f"{what}: read as missing.", "Correct them, or leave them missing.")
    return Column(kind, data)


def _infinite(cells: Any) -> int:
    """How many infinities a column holds."""
    if isinstance(cells, Coded):
        return 0
    if isinstance(cells, np.ndarray):
        return int(np.isinf(cells).sum()) if cells.dtype.kind == "f" else 0
    import polars as pl

    if cells.dtype.is_float():
        return int(np.isinf(cells.to_numpy()).sum())
    return int(cells.str.contains(r"(?i)^\s*[-+]?inf(inity)?\s*$").sum()) if cells.dtype == pl.String else 0


def _lost(cells: Any, data: Array) -> list[str]:
    """Words that were there and became missing."""
    if data.dtype.kind != "f" or isinstance(cells, np.ndarray):
        return []
    gone = np.isnan(data)
    if not gone.any():
        return []
    if isinstance(cells, Coded):
        return [word for word, away in zip(cells.tolist(), gone, strict=True) if away and word is not None]
    import polars as pl

    if cells.dtype.is_numeric() or cells.dtype.is_temporal():
        return []
    left = words.clean(strings(cells)).filter(pl.Series(gone))
    return [word for word in left.drop_nulls().to_list() if word.lower().lstrip("+-") not in ("inf", "infinity")]
