"""Dates in the usual ways of writing them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from lamina.core import Array

if TYPE_CHECKING:
    import polars as pl

_TIMES = (
    ("", ""),
    (r"[T ]\d{1,2}:\d{2}", "%H:%M"),
    (r"[T ]\d{1,2}:\d{2}:\d{2}", "%H:%M:%S"),
    (r"[T ]\d{1,2}:\d{2}:\d{2}\.\d+", "%H:%M:%S%.f"),
)
_DAYS = (
    (r"\d{4}-\d{1,2}-\d{1,2}", "%Y-%m-%d"),
    (r"\d{4}/\d{1,2}/\d{1,2}", "%Y/%m/%d"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    (r"\d{1,2}-\d{1,2}-\d{4}", "%d-%m-%Y"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y"),
    (r"\d{1,2} [A-Za-z]{3} \d{4}", "%d %b %Y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
    (r"[A-Za-z]{3} \d{1,2},? \d{4}", "%b %d, %Y"),
)
_ZONE = r"(Z|[+-]\d{2}:?\d{2})"


def way(distinct: pl.Series) -> str | None:
    """The format in which (nearly) all words are dates, or None. "zone" at its end: an offset follows."""
    sample = distinct.head(200)
    if not sample.len() or not sample.str.contains(r"^[A-Za-z\d]{1,4}[-/. ]").all():
        return None
    for day, day_format in _DAYS:
        for clock, clock_format in _TIMES:
            for zone in ("", _ZONE) if clock else ("",):
                if not sample.str.contains(f"^{day}{clock}{zone}$").all():
                    continue
                joint = "T" if clock and sample.str.contains(r"\dT\d").all() else " "
                how = day_format + (joint + clock_format if clock else "") + (" zone" if zone else "")
                if (read(distinct, how).null_count()) <= 0.02 * distinct.len():
                    return how
    return None


def read(series: pl.Series, how: str) -> pl.Series:
    """Float64 seconds since 1970 UTC, null where the cell is no such date."""
    import polars as pl

    if how.endswith(" zone"):
        series = series.str.replace(r"Z$", "+0000").str.replace(r"([+-]\d{2}):(\d{2})$", "$1$2")
        when = series.str.to_datetime(how.removesuffix(" zone") + "%z", strict=False, time_unit="us", time_zone="UTC")
    elif "%H" in how:
        when = series.str.to_datetime(how, strict=False, time_unit="us")
    else:
        when = series.str.to_date(how, strict=False).cast(pl.Datetime("us"))
    return when.dt.epoch("us").cast(pl.Float64) / 1e6


def ambiguous(distinct: pl.Series, how: str) -> bool:
    """Both month/day and day/month fit: nobody can tell 03/04 from 04/03."""
    return how.startswith("%m/%d/%Y") and read(distinct, how.replace("%m/%d", "%d/%m")).null_count() == 0


def seconds(series: pl.Series) -> Array:
    """Of a Polars date or datetime column; zoned ones are taken to UTC."""
    import polars as pl

    if series.dtype == pl.Date:
        series = series.cast(pl.Datetime("us"))
    return (series.dt.epoch("us").cast(pl.Float64) / 1e6).fill_null(np.nan).to_numpy()


def one(word: str) -> float:
    """Seconds since 1970 UTC of one date in ISO 8601; it needs no Polars.

    Raises:
        ValueError: it is no such date.

    >>> one("1970-01-02"), one("1970-01-01T00:01+01:00")
    (86400.0, -3540.0)
    """
    when = datetime.fromisoformat(word.strip())
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def show(second: float) -> str | None:
    """`show(0.0) == "1970-01-01"`."""
    if np.isnan(second):
        return None
    moment = str(np.datetime64(round(second), "s"))
    return moment.removesuffix("T00:00:00").replace("T", " ")
