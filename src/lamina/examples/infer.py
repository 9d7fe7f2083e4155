"""What each column holds, judged as a person would, with the reason said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina import kinds
from lamina.core import Array, Coded, DataError, PlanError, nearest
from lamina.examples import columns, dates, words
from lamina.examples.examples import Examples
from lamina.examples.files import called, kind_named
from lamina.examples.reading import FILES, KINDS, PARTS, ROLES, Column, Kind, Raw, Reading, count, figure, listed
from lamina.examples.targets import as_target, as_transcripts, check_targets, separator_of
from lamina.inputs import text as texts

if TYPE_CHECKING:
    import polars as pl

_ID = re.compile(
    r"(^|[_\s.-])(id|uuid|guid|key|nr|no|idx|index|number|rowid|unnamed: ?\d+)$|[a-z](Id|ID|Nr)$|^$", re.ASCII
)
_GROUP = re.compile(r"^(patient|subject|participant|person|speaker|group)([_ ]?id)?$", re.IGNORECASE)
_HOWS = {
    "decimal comma": "decimal commas",
    "thousands comma": "commas between thousands",
    "spaced": "blanks between thousands",
    "unit": "a sign like % or €",
}
_FEW = 20  # below so many rows nothing is called an identifier: a handful of words is always distinct


def settle(raw: Raw, reading: Reading, target: Sequence[str] = ()) -> Examples:
    """Examples of what a source holds: kinds inferred, what the reading says obeyed.

    Raises:
        PlanError: a column or kind that does not exist. DataError: a target that cannot be learned.
    """
    check_names(raw, reading, target)
    _split_column(raw, reading, target)
    settled: dict[str, Column] = {}
    for name in list(raw.columns):
        cells = raw.columns.pop(name)  # a big table is held once
        if name not in reading.drop:
            settled[name] = _column(name, cells, raw, reading, name in target)
    settled = as_transcripts(_keep_one_input(settled, raw, target), reading, target)
    _group_found(settled, raw, reading, target)
    _notes(settled, raw, reading, target)
    examples = Examples(raw.source, settled, reading=reading, parts=raw.parts, notes=raw.notes)
    check_targets(examples, target)
    return examples


def check_names(raw: Raw, reading: Reading, target: Sequence[str]) -> None:
    roles = [role for role in (reading.id, reading.group, reading.time, reading.weight, reading.example) if role]
    for name in (*target, *reading.kind, *reading.drop, *roles):
        if name not in raw.columns:
            raise PlanError(f"There is no column '{name}' in {raw.source}. {nearest(name, raw.columns)}")
    known = list(dict.fromkeys((*KINDS, *kinds.names("inputs"), *kinds.names("outputs"))))
    for name, kind in reading.kind.items():
        if kind not in known:
            raise PlanError(f"There is no kind '{kind}' (asked for column '{name}'). {nearest(kind, known)}")
    if twice := set(target) & set(reading.drop):
        raise PlanError(f"{listed(sorted(twice))} is both a target and dropped. Say only one of them.")
    if len(raw) == 0:
        raise DataError(f"{raw.source} has no rows. At least a few examples are needed.")


def _column(name: str, cells: Any, raw: Raw, reading: Reading, is_target: bool) -> Column:
    """One column: by role, by what the reading says, else as its cells look."""
    if name == reading.id:
        return columns.settle(name, Kind("identifier", "says which example a row is"), cells, raw)
    if name == reading.group:
        return columns.settle(name, Kind("group", "rows of one group stay in the same part"), cells, raw)
    if name == reading.weight:
        return columns.settle(name, Kind("weight", "how much a row counts"), cells, raw)
    if name == reading.time:
        return _time(name, cells, raw)
    if name in reading.kind:
        kind = Kind(reading.kind[name], "as you said")
        if kind.held == "tags":
            kind = _tags(name, cells, raw, reading)
        if kind.held in ("number", "date"):
            found = infer(name, cells, raw)
            how = found.how if found.name == kind.held else ""
            kind = Kind(kind.name, "as you said", how)
        return columns.settle(name, kind, cells, raw)
    kind = infer(name, cells, raw)
    column = columns.settle(name, kind, cells, raw)
    return as_target(name, column, cells, reading) if is_target else _reason(name, column)


def _tags(name: str, cells: Any, raw: Raw, reading: Reading) -> Kind:
    """Tags that somebody asked for, with what stands between them: as they said, else where the cells show it clearly. A bar or a
    semicolon in tags is hardly ever part of one, unless both occur; a comma may be, as in 'Rome, Italy'."""
    separator, data = reading.separator or "", columns.coded(cells)
    if not separator and not any("\x1f" in word for word in data.words):  # those were lists
        there = [each for each in "|;" if any(each in word for word in data.words)]
        separator = separator_of(data) or (there[0] if len(there) == 1 else "")
        if separator:
            raw.note(
                "info",
                f"Cells of '{name}' hold several tags with '{separator}' between them.",
                "If something else stands between them, say so with --separator.",
            )
    return Kind("tags", "as you said", separator)


def _time(name: str, cells: Any, raw: Raw) -> Column:
    kind = infer(name, cells, raw)
    if kind.name == "date":
        column = columns.settle(name, kind, cells, raw)
        return Column(Kind("time", "past rows teach, later ones test", kind.how or "%"), column.data)
    data = columns.number(cells, kind.how)
    if data.dtype.kind == "f" and np.isnan(data).all():
        raise DataError(f"The time column '{name}' holds neither dates nor numbers. Write dates as 2024-12-31.")
    return Column(Kind("time", "past rows teach, later ones test", kind.how), data)


def infer(name: str, cells: Any, raw: Raw) -> Kind:
    """The kind of a column, not yet with a reason for numbers and words (that needs them settled)."""
    if (told := raw.kinds.get(name)) is not None:
        said, _, how = told.partition(" ")
        return Kind(said, called(len(cells), said), how)
    if isinstance(cells, np.ndarray) and cells.ndim > 1:
        return Kind("image", f"{count(len(cells), 'array')} of {' × '.join(map(str, cells.shape[1:]))} pixels")
    if isinstance(cells, np.ndarray) and cells.dtype == object:
        if (array := next((cell for cell in cells if isinstance(cell, np.ndarray)), None)) is not None:
            held = "video" if array.ndim == 4 else "series"
            return Kind(held, f"{called(len(cells), held)}, as arrays")
        begins = (columns.kind_of_bytes(each[:12]) for each in cells if isinstance(each, bytes))
        held = next(begins, None) or "image"
        return Kind(held, called(len(cells), held))
    if isinstance(cells, np.ndarray):
        return Kind("number", "")
    if isinstance(cells, Coded):
        return Kind("category", "")
    import polars as pl

    dtype = cells.dtype
    if (found := file_kind(cells, raw)) is not None:
        return found
    if dtype in (pl.Date, pl.Datetime):
        return Kind("date", "dates")
    if isinstance(dtype, pl.List | pl.Array):
        inner = dtype.inner.inner if isinstance(dtype.inner, pl.List | pl.Array) else dtype.inner
        if inner.is_numeric():
            return Kind("series", "lists of numbers, steps of time")
        return Kind("tags", "lists of words")
    if dtype.is_numeric() or dtype in (pl.Duration, pl.Time):
        return Kind("number", "")
    if dtype in (pl.Boolean, pl.Null) or dtype == pl.Categorical or dtype == pl.Enum:
        return Kind("category", "")
    if dtype in (pl.Binary, pl.Object) or isinstance(dtype, pl.Struct):
        return Kind("unknown", f"{str(dtype).split('(')[0].lower()} values: not understood, left out")
    return _words_kind(cells, raw, name)


def _words_kind(cells: pl.Series, raw: Raw, name: str) -> Kind:
    """Number, date or words, for cells that are text."""
    distinct = words.clean(cells).drop_nulls().unique(maintain_order=True)
    if not len(distinct) or distinct.str.contains(words.CODE).any():
        return Kind("category", "")
    how, share = words.way(distinct, raw.decimal_comma)
    if share < 1.0:
        other = distinct.filter(words.numbers(distinct, how).is_null())
        other = other.filter(~other.str.contains(r"(?i)^[-+]?inf(inity)?$"))
        if len(other) > 3 or len(other) > 0.1 * len(distinct):
            share = 0.0
    if share > 0:
        return Kind("number", "", how)
    if (way := dates.way(distinct)) is not None:
        if dates.ambiguous(distinct, way):
            raw.note(
                "warn",
                f"'{name}' is read as month/day/year, but day/month/year fits as well.",
                "Write dates as 2024-12-31 to be sure.",
            )
        return Kind("date", f"dates written like {way.removesuffix(' zone')}", way)
    return Kind("category", "")


def file_kind(cells: pl.Series, raw: Raw) -> Kind | None:
    """For bytes that start as files of a kind do, and for names of files that exist, the kind that reads them."""
    import polars as pl

    if isinstance(cells.dtype, pl.Struct) and "bytes" in cells.struct.fields:
        cells = cells.struct.field("bytes")
    if cells.dtype == pl.Binary:
        begins = {columns.kind_of_bytes(each[:12]) for each in cells.drop_nulls().head(8).to_list()}
        held = begins.pop() if len(begins) == 1 else None
        return Kind(held, f"{held} bytes") if held else None
    if cells.dtype != pl.String:
        return None
    some = [each.strip() for each in cells.drop_nulls().head(20).to_list()]
    found = Counter(kind for each in some if (kind := kind_named(each)) in FILES)
    kind, most = found.most_common(1)[0] if found else (None, 0)
    if kind is None or most < 0.9 * len(some):
        return None
    named = [each for each in some if kind_named(each) == kind]
    folder = raw.folder or Path()
    if not any((folder / each).is_file() for each in named):
        raw.note(
            "warn",
            f"A column names files ({kind}), but '{named[0]}' is not in {folder.absolute()}.",
            "Paths are relative to the file that names them.",
        )
        return None
    return Kind(kind, f"names of {kind} files")


def _reason(name: str, column: Column) -> Column:
    """The kind with its reason; constants, empty columns, identifiers and free text are told apart here."""
    kind, data = column.kind, column.data
    if isinstance(data, Coded):
        return _words_reason(column, data) if kind.name == "category" else column
    if kind.held in (*FILES, "date"):
        if data.dtype.kind == "f" and np.isnan(data).all():
            return column.called("empty", "no values")
        return column
    known = data if data.dtype.kind != "f" else data[~np.isnan(data)]
    if not len(known):
        return column.called("empty", "no values")
    low, high = known.min(), known.max()
    if low == high and len(known) == len(data) > 1:
        return column.called("constant", f"always {words.spell(float(low))}")
    distinct = columns.count_distinct(known)
    if len(known) >= _FEW and distinct == len(known) == len(data) and bool((known == np.rint(known)).all()):
        counts = int(high) - int(low) == len(data) - 1 and low in (0, 1)
        if counts or _ID.search(name) or _ID.search(name.lower()):
            reason = "counts the rows" if counts else f"{distinct:,} distinct whole numbers, one for each row"
            return Column(Kind("identifier", reason, kind.how), data)
    missing = _missing(1 - len(known) / len(data))
    how = f", written with {' and '.join(_HOWS[each] for each in kind.how.split(', '))}" if kind.how else ""
    if distinct == 1:
        return column.called("number", f"one value, {figure(low)}{how}{missing}")
    return column.called(
        "number", f"{count(distinct, 'distinct value')} from {figure(low)} to {figure(high)}{how}{missing}"
    )


def _missing(share: float) -> str:
    return f", {share:.0%} missing" if share >= 0.005 else ", a few missing" if share > 0 else ""


def _words_reason(column: Column, data: Coded) -> Column:
    data, counts = words.used(data)
    column = Column(column.kind, data)
    known = int(counts.sum())
    distinct = len(counts)
    if not known:
        return column.called("empty", "no values")
    missing = _missing(1 - known / len(data))
    if distinct == 1 and known == len(data) > 1:
        return column.called("constant", f"always '{data.words[0][:40]}'")
    if set(data.words) == {"false", "true"}:
        return column.called("category", f"true or false{missing}")
    sample = data.words[:: max(1, distinct // 1000)]
    several = float(np.mean([texts.words(word) for word in sample]))
    length = float(np.mean([len(word) for word in sample]))
    if (several >= 5 or length > 80) and distinct > min(50, 0.3 * known) and known >= _FEW:
        return column.called("text", _in_words(data.words, sample) + missing)
    if distinct > 0.9 * known and known >= _FEW:
        return column.called("identifier", f"{count(distinct, 'distinct word')} in {count(known, 'row')}")
    return column.called("category", f"{count(distinct, 'distinct word')}{missing}")


def _in_words(every: Sequence[str], sample: Sequence[str]) -> str:
    """How many words texts have: `"about 12 words, 80 at most"`."""
    longest = texts.words(max(every, key=len))
    cut = f": what follows the first {texts.LONGEST:,} is not read" if longest > texts.LONGEST else ""
    return f"about {np.mean([texts.words(text) for text in sample]):,.0f} words, {longest:,} in the longest{cut}"


def _keep_one_input(settled: dict[str, Column], raw: Raw, target: Sequence[str]) -> dict[str, Column]:
    """A lone numeric column that counts the rows is what one learns from, not an identifier."""
    inputs = [
        name for name, column in settled.items() if name not in target and column.kind.name in kinds.names("inputs")
    ]
    others = [name for name, column in settled.items() if name not in target and column.kind.name == "identifier"]
    if not inputs and len(others) == 1 and others[0] != raw.source and not isinstance(settled[others[0]].data, Coded):
        settled[others[0]] = settled[others[0]].called("number", "counts the rows, but it is the only input")
    for name in others:
        column = settled[name]
        if column.kind.name == "identifier" and not isinstance(column.data, Coded):
            settled[name] = Column(column.kind, _as_words(column.data))
    return settled


def _as_words(data: Array) -> Coded:
    found, codes = np.unique(data, return_inverse=True)
    return Coded(codes.astype(np.int32), tuple(words.spell(float(value)) for value in found))


def _group_found(settled: dict[str, Column], raw: Raw, reading: Reading, target: Sequence[str]) -> None:
    """A column named after persons with several rows each is a group: they must not straddle the split."""
    if reading.group or reading.id:
        return
    for name, column in settled.items():
        if (
            not _GROUP.match(name)
            or name in target
            or name in reading.kind
            or column.kind.name not in ("number", "category")
        ):
            continue
        coded = column.data if isinstance(column.data, Coded) else _as_words(np.asarray(column.data))
        groups = len(np.unique(coded.codes))
        if 10 <= groups <= len(coded) / 2:
            settled[name] = Column(
                Kind("group", f"{groups:,} of them, by its name: their rows stay in the same part"), coded
            )
            raw.note(
                "info",
                f"'{name}' is taken as a group: rows of one {name} are never both learned from and tested on.",
                f"If it is an input instead: --kind {name}=category.",
            )
            return


def _notes(settled: dict[str, Column], raw: Raw, reading: Reading, target: Sequence[str]) -> None:
    named = {kind: [name for name, column in settled.items() if column.kind.name == kind] for kind in (*KINDS, *ROLES)}
    if named["unknown"]:
        raw.note(
            "warn",
            f"What {listed(named['unknown'])} holds is not understood: left out.",
            "Give numbers, words, dates or files, one to a cell.",
        )
    if found := [name for name in named["identifier"] if name not in (reading.id, *target)]:
        raw.note(
            "info",
            f"{count(len(found), 'column')} that only {'tells' if len(found) == 1 else 'tell'} rows apart left out: {listed(found)}.",
        )
    if found := named["constant"] + named["empty"]:
        raw.note("info", f"{count(len(found), 'column')} without information left out: {listed(found)}.")
    if named["date"] and not reading.time and not named["time"]:
        raw.note(
            "info",
            f"'{named['date'][0]}' holds dates.",
            f"If the model will answer about the future, learn along it: --time {named['date'][0]}.",
        )


def _split_column(raw: Raw, reading: Reading, target: Sequence[str]) -> None:
    """A column `split` that says train, validation or test becomes the parts."""
    for name in list(raw.columns):
        cells = raw.columns[name]
        if (
            name.lower() not in ("split", "part", "partition", "subset", "set")
            or name in target
            or name in reading.kind
            or isinstance(cells, np.ndarray)
        ):
            continue
        data = columns.coded(cells)
        said = [PARTS.get(word.lower()) for word in data.words]
        if len(said) > 1 and None not in said and 0 in said:
            raw.parts = np.array([*said, -1], dtype=np.int8)[data.codes]
            del raw.columns[name]
            raw.note("info", f"The column '{name}' says which rows are for training and which for testing.")
            return
