"""How a text table is written: encoding, separator, whether the first line names the columns."""

from __future__ import annotations

import csv
import gzip
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lamina.core import DataError
from lamina.examples import words

ALONE = "\x1f"  # separates nothing: a table of one column
HEAD = 1 << 18  # bytes looked at
_LINES, _MOST = 100, 1 << 26  # more of them where lines are long
_ZSTD = b"\x28\xb5\x2f\xfd"
_NUMBER = re.compile(words.PLAIN)
_CODE = re.compile(words.CODE)
_COMMA = re.compile(r"^-?\d+,\d+$")
_POINT = re.compile(r"^-?\d+\.(\d{1,2}|\d{4,})$")
_MISSING = frozenset(words.MISSING)


@dataclass(frozen=True)
class Layout:
    """How to read a text table. names: of its columns; named: the first line says them; rows: a sample, header left out."""

    encoding: str
    separator: str
    names: tuple[str, ...]
    named: bool
    renamed: tuple[str, ...]
    skip: int  # lines before the header, or before the first row
    decimal_comma: bool
    rows: list[list[str]]

    @property
    def plain(self) -> dict[str, str]:
        """Columns whose sampled cells are all plain numbers: "int" or "float"."""
        found: dict[str, str] = {}
        for place, name in enumerate(self.names):
            cells = [row[place] for row in self.rows if place < len(row) and row[place] not in _MISSING]
            if (
                cells
                and not self.decimal_comma
                and all(_NUMBER.match(cell) and not _CODE.match(cell) for cell in cells)
            ):
                found[name] = (
                    "int"
                    if all(cell.lstrip("-").isdigit() for cell in cells) and max(map(len, cells)) < 18
                    else "float"
                )
        return found


def head(path: Path) -> bytes:
    """The first bytes, unpacked: whole blocks of `HEAD` until they hold enough lines, or all of a shorter file."""
    if path.suffix.lower() == ".zst":
        text = unpack(path, 2000)
        return text if len(text) < HEAD else text[: len(text) // HEAD * HEAD]
    packed = path.suffix.lower() == ".gz"
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            start = file.read(HEAD)
            while start.count(b"\n") < _LINES and len(start) % HEAD == 0 and len(start) < _MOST:
                more = file.read(HEAD)
                start += more
                if not more:
                    break
            return start
    except PermissionError:
        raise
    except (OSError, EOFError) as error:
        if not packed:
            raise DataError(f"'{path}' cannot be read: {error}.") from error
        raise DataError(f"'{path}' ends in .gz but cannot be unpacked: {error}.") from error


def unpack(path: Path, lines: int | None = None) -> bytes:
    """All of a .gz or .zst file. Python before 3.14 knows no zstd, but Polars does."""
    if path.suffix.lower() == ".gz":
        try:
            return gzip.decompress(path.read_bytes())
        except (OSError, EOFError) as error:
            raise DataError(f"'{path}' ends in .gz but cannot be unpacked: {error}.") from error
    if path.suffix.lower() != ".zst":
        return path.read_bytes()
    with path.open("rb") as file:
        if file.read(4) != _ZSTD:  # Polars would take it as it is
            raise DataError(f"'{path}' ends in .zst but is not packed so. Rename it, or pack it again.")
    import polars as pl

    try:
        frame = pl.read_csv(
            path,
            has_header=False,
            separator="\x01",
            quote_char=None,
            infer_schema=False,
            n_rows=lines,
            encoding="utf8-lossy",
        )
    except pl.exceptions.PolarsError as error:
        raise DataError(f"'{path}' ends in .zst but cannot be unpacked: {error}.") from error
    return "\n".join(frame.to_series().fill_null("").to_list()).encode()


def encoding(start: bytes, path: Path) -> str:
    """utf-8, utf-16 or cp1252 (which Latin-1 text is too, nearly always).

    Raises:
        DataError: the file is no text.
    """
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zeros = start.count(b"\0")
    if zeros > len(start) // 4:
        return "utf-16-le" if start[1::2].count(b"\0") > start[::2].count(b"\0") else "utf-16-be"
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DataError(f"'{path}' is a workbook or an archive, not a text table. Save the sheet as CSV.")
    if zeros:
        raise DataError(
            f"'{path}' holds zero bytes, so it is no text table. Expected is CSV, TSV, JSON lines or Parquet."
        )
    try:
        start[: max(0, len(start) - 3) if len(start) >= HEAD else None].decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if len(start) >= HEAD and error.start > len(start) - 8 else "cp1252"
    return "utf-8"


def decode(data: bytes, how: str) -> str:
    """Text; bytes that cp1252 does not have are read as Latin-1."""
    if how == "cp1252":
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            return data.decode("latin-1")
    return data.decode("utf-8-sig" if how == "utf-8" else how, errors="replace" if how == "utf-8" else "strict")


def look(path: Path) -> Layout:
    """Find out how a table is written from its first lines.

    Raises:
        DataError: the file is empty or no text.
    """
    start = head(path)
    how = encoding(start, path)
    whole = len(start) % HEAD > 0
    if how.startswith("utf-16"):
        start = start[: len(start) // 2 * 2]
    text = decode(start, how).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    if not text.strip():
        raise DataError(f"'{path}' is empty. Expected is a line that names the columns, then a row a line.")
    if not whole and "\n" in text:
        text = text[: text.rindex("\n")]
    lines = text.split("\n")
    skip = next(place for place, line in enumerate(lines) if line.strip())
    separator = _separator(lines[skip : skip + 200], path)
    try:
        rows = [row for row in csv.reader(lines[skip:], delimiter=separator) if row]
    except csv.Error as error:
        raise DataError(f"'{path}' cannot be read as a table: {error}.") from error
    if not whole and len(rows) > 1:
        rows = rows[:-1]
    cells = [cell for row in rows[1:200] for cell in map(str.strip, row)]
    comma = (
        separator != "," and any(_COMMA.match(cell) for cell in cells) and not any(_POINT.match(cell) for cell in cells)
    )
    named = _is_header(rows)
    width = len(rows[0])
    names, renamed = tidy([cell.strip() for cell in rows[0]] if named else [""] * width)
    return Layout(how, separator, names, named, renamed, skip + named, comma, rows[named:])


def _separator(lines: list[str], path: Path) -> str:
    """The separator that gives all lines the same number of cells, and the most of them; where none does and the first
    line has none of them, each line is one cell: a text, whose commas are its own."""
    best: tuple[float, int, str] = (0.0, 1, "," if any(each in lines[0] for each in ",;\t|") else ALONE)
    preferred = {".tsv": "\t", ".tab": "\t"}.get(
        path.with_suffix("").suffix if path.suffix in (".gz", ".zst") else path.suffix
    )
    for separator in (",", ";", "\t", "|"):
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
        except csv.Error:
            continue
        width, often = Counter(widths).most_common(1)[0]
        share = often / len(widths)
        if separator == preferred and width > 1:
            return separator
        if width > 1 and (share > best[0] + 0.02 or (abs(share - best[0]) <= 0.02 and width > best[1])):
            best = (share, width, separator)
    return best[2]


def _numeric(cell: str) -> bool:
    return bool(_NUMBER.match(cell) or _COMMA.match(cell))


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first line names the columns, judged by whether it looks like the lines below it."""
    first = [words.one(cell.strip()) for cell in rows[0]]
    if len(rows) == 1:
        return not any(_numeric(cell) for cell in first)
    said = [cell for cell in first if cell not in _MISSING]
    numbers = [cell for cell in said if _numeric(cell)]
    below = rows[1:500]
    for place, cell in enumerate(first):
        if cell in _MISSING or _numeric(cell):
            continue
        column = [words.one(row[place].strip()) for row in below if place < len(row)]
        known = [each for each in column if each not in _MISSING]
        if known and sum(_numeric(each) for each in known) > 0.8 * len(known):
            return True  # a word above numbers
    if numbers:
        whole = [int(cell) for cell in numbers if cell.isdigit()]
        if len(whole) == len(numbers) and len(whole) > 1:
            steps = {b - a for a, b in itertools.pairwise(whole)}
            return steps == {1} and (whole[0] in (0, 1) or 1800 <= whole[0] <= 2100)  # positions, years
        return False
    recurs = sum(
        cell in {row[place].strip() for row in below if place < len(row)}
        for place, cell in enumerate(first)
        if cell not in _MISSING
    )
    return recurs == 0 or recurs < 0.3 * max(1, len(said))


def tidy(names: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that differ and are not empty, and those that were doubled: `tidy(["a", "", "a"])[0] == ("a", "column_2", "a_2")`."""
    seen: dict[str, int] = {}
    taken = set(names)
    out: list[str] = []
    doubled: list[str] = []
    for place, name in enumerate(names):
        name = name or f"column_{place + 1}"
        if name in seen:
            doubled.append(name)
            number = seen[name] + 1
            while f"{name}_{number}" in taken:
                number += 1
            seen[name] = number
            name = f"{name}_{number}"
            taken.add(name)
        seen.setdefault(name, 1)
        out.append(name)
    return tuple(out), tuple(dict.fromkeys(doubled))
