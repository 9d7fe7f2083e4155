"""Cells as people write them: missing values, numbers with commas and units, codes, words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.core import Coded

if TYPE_CHECKING:
    import polars as pl

MISSING = (
    "",
    "?",
    "NA",
    "N/A",
    "n/a",
    "na",
    "#N/A",
    "<NA>",
    "nan",
    "NaN",
    "NAN",
    "NaT",
    "null",
    "NULL",
    "Null",
    "None",
    "-",
    "--",
)

PLAIN = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
UNITS = r"^\s*[€$£¥]\s*|\s*[€$£¥%]\s*$"
GROUPED = r"^[-+]?\d{1,3}([ '’\u00a0\u202f]\d{3})+([.,]\d+)?$"  # 1 234,5
ENGLISH = r"^[-+]?([1-9]\d{0,2}(,\d{3})+|\d+)(\.\d+)?$"  # 1,234.5
EUROPEAN = r"^[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?([eE][-+]?\d+)?$"  # 1.234,5
CODE = r"^0\d+$"  # 00123 is a code, not a number

_DECIMAL = re.compile(r"^-?(0|[1-9]\d*)\.\d+$")
_NUMBER = re.compile(PLAIN)


def one(word: str) -> str:
    """How a word is kept: `one("'-1'") == "-1"`, `one("True") == "true"`, `one("2.0") == "2"`.

    It looks at nothing but the word, so that a model that learned from one source can be asked from another.
    """
    if len(word) > 2 and word[0] == word[-1] and word[0] in "'\"":
        word = word[1:-1].strip()
    if word.lower() in ("true", "false"):
        return word.lower()
    if _DECIMAL.match(word):
        word = word.rstrip("0").rstrip(".")
        return "0" if word == "-0" else word
    return word


def spell(value: float) -> str:
    """A number as a word: `spell(2.0) == "2"`."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def as_number(word: str) -> float | None:
    """`as_number("2.5") == 2.5`, `as_number("cat") is None`."""
    return float(word) if _NUMBER.match(word) else None


def clean(series: pl.Series) -> pl.Series:
    """Strings without blanks and quotes around them, null where missing."""
    import polars as pl

    bare = pl.lit(series.cast(pl.String)).str.strip_chars()
    quoted = bare.str.contains(r"^'.*'$")
    bare = pl.when(quoted).then(bare.str.slice(1, bare.str.len_chars() - 2)).otherwise(bare)
    return pl.select(pl.when(bare.is_in(list(MISSING)).not_()).then(bare).alias(series.name)).to_series()


def code(series: pl.Series) -> Coded:
    """Words and codes of a cleaned series of strings, words in a settled order (numbers by value)."""
    import polars as pl

    found = series.drop_nulls().unique().to_list()
    kept = {word: one(word) for word in found}
    words = order(set(kept.values()))
    if len(words) != len(found) or any(word != as_kept for word, as_kept in kept.items()):
        series = series.replace_strict(list(kept), list(kept.values()), return_dtype=pl.String) if kept else series
    codes = series.cast(pl.Enum(words)).to_physical().cast(pl.Int32).fill_null(-1)
    return Coded(codes.to_numpy().astype(np.int32), words)


def encode(cells: Iterable[Any]) -> Coded:
    """`Coded` of Python strings, None where missing; it needs no Polars."""
    cells = [None if cell is None or cell in MISSING else one(str(cell)) for cell in cells]
    words = order({cell for cell in cells if cell is not None})
    place = {word: position for position, word in enumerate(words)}
    return Coded(np.array([-1 if cell is None else place[cell] for cell in cells], dtype=np.int32), words)


def order(words: set[str]) -> tuple[str, ...]:
    """Sorted; by value when all are numbers: `order({"10", "9"}) == ("9", "10")`."""
    numbers = {word: as_number(word) for word in words}
    if all(value is not None for value in numbers.values()):
        return tuple(sorted(words, key=lambda word: (numbers[word], word)))
    return tuple(sorted(words))


def used(words: Coded) -> tuple[Coded, np.ndarray[Any, np.dtype[Any]]]:
    """Only the words that occur, with how often each does."""
    counts = words.counts()
    kept = np.flatnonzero(counts)
    if len(kept) == len(words.words):
        return words, counts
    place = np.full(len(words.words) + 1, -1, dtype=np.int32)
    place[kept] = np.arange(len(kept))
    return Coded(place[words.codes], tuple(words.words[i] for i in kept)), counts[kept]


def way(distinct: pl.Series, decimal_comma: bool) -> tuple[str, float]:
    """How the numbers in a column are written, and the share of its distinct words that are numbers that way."""
    import polars as pl

    words = pl.lit(distinct)
    bare = words.str.replace_all(UNITS, "")
    spaced = bare.str.contains(GROUPED)
    fits = {
        "": bare.str.contains(PLAIN),
        "thousands comma": bare.str.contains(ENGLISH),
        "decimal comma": bare.str.contains(EUROPEAN),
        "spaced": spaced | (bare.str.contains(r"^[-+]?\d{1,3}([.,]\d+)?$") & spaced.any()),
    }
    shares = pl.select(
        (bare != words).any().alias("unit"), *(each.mean().alias(how) for how, each in fits.items())
    ).row(0)
    units, share = shares[0], dict(zip(fits, (each or 0.0 for each in shares[1:]), strict=True))
    best = max(share.values())
    able = [how for how in fits if share[how] == best]
    how = "decimal comma" if decimal_comma and "decimal comma" in able else able[0]
    return (f"{how}, unit".strip(", ") if units else how), best


def numbers(series: pl.Series, how: str) -> pl.Series:
    """Float64, null where the cell is missing or is no number when written like `how`."""
    import polars as pl

    if "unit" in how:
        series = series.str.replace_all(UNITS, "")
    if "thousands comma" in how:
        series = series.str.replace_all(",", "", literal=True)
    elif "decimal comma" in how:
        series = series.str.replace_all(".", "", literal=True).str.replace_all(",", ".", literal=True)
    elif "spaced" in how:
        series = series.str.replace_all(r"[ '’\u00a0\u202f]", "").str.replace_all(",", ".", literal=True)
    return series.cast(pl.Float64, strict=False)
