"""Training and test examples from several sources, as one table that knows its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lamina.core import Coded, DataError
from lamina.examples.reading import TEST, TRAIN, UNUSED, Raw, listed

LABEL = "label"  # what the folders of a folder say


def tables(top: Path, by_part: Mapping[Path, int], like: Mapping[str, str] | None) -> Raw:
    """train.csv, test.csv and perhaps validation.csv of a folder; a test without the target is left out.

    Raises:
        DataError: they have hardly a column in common.
    """
    from lamina.examples import table

    order = sorted(by_part.items(), key=lambda item: (item[1], item[0].name))
    frames = [(path, part, table.frame(path, like)) for path, part in order]
    train = frames[0][2]
    kept: list[tuple[int, Raw]] = []
    for path, part, raw in frames:
        lacking = [name for name in train.columns if name not in raw.columns]
        if len(lacking) > len(train.columns) / 2:
            raise DataError(
                f"{path.name} and {frames[0][0].name} in {top} have different columns ({listed(raw.columns)}; {listed(train.columns)}). Name one of them."
            )
        if lacking:
            train.note(
                "info",
                f"{path.name} has no column {listed(lacking)}: left out, nothing can be tested on it.",
                "Answer its rows with lamina predict.",
            )
        else:
            kept.append((part, raw))
    out = _stacked(kept, str(top))
    out.folder = top
    return out


def with_test(raw: Raw, test: Raw, said: Iterable[str] = ()) -> Raw:
    """The test set of one's own below the other rows. said: columns whose kind somebody named.

    Raises:
        DataError: it lacks a column, or one holds something else.
    """
    if lacking := [name for name in raw.columns if name not in test.columns]:
        raise DataError(
            f"The test set {test.source} has no column {listed(lacking)}, but {raw.source} has. It has {listed(test.columns)}."
        )
    _check_kinds(raw, test, f"The test set {test.source}", said)
    parts = raw.parts
    out = _stacked([(TRAIN, raw), (TEST, test)], f"{raw.source}, tested on {test.source}")
    assert out.parts is not None
    if parts is not None:
        out.parts[: len(parts)] = parts
    return out


def with_unlabelled(raw: Raw, more: Raw, target: Sequence[str], said: Iterable[str] = ()) -> Raw:
    """Rows without labels below the others; what they hold of the targets is not looked at. said: columns whose kind somebody
    named.

    Raises:
        DataError: they lack a column, one holds something else, or pictures are of another size.
    """
    answers = set(target) or {LABEL}
    if lacking := [name for name in raw.columns if name not in more.columns and name not in answers]:
        raise DataError(
            f"The unlabelled examples {more.source} have no column {listed(lacking)}, but {raw.source} has. They have {listed(more.columns)}. "
            "What is learned from has to be there; only the target may be missing."
        )
    if told := [name for name in answers if name in more.columns]:
        more.note("info", f"What {more.source} says of {listed(told)} was not looked at: it was given as unlabelled.")
    nothing = Coded(np.full(len(more), -1, np.int32), ())
    columns = {name: nothing if name in answers else more.columns[name] for name in raw.columns}
    for name, cells in columns.items():
        one, other = (each.shape[1:] if isinstance(each, np.ndarray) else () for each in (raw.columns[name], cells))
        if one != other and name not in answers:
            raise DataError(
                f"The unlabelled '{name}' are arrays of {_size(other)}, the labelled ones of {_size(one)}. Give both in one size."
            )
    _check_kinds(raw, more, f"The unlabelled set {more.source}", {*said, *answers})
    parts = raw.parts
    below = Raw(more.source, columns, more.folder, notes=more.notes)
    out = _stacked([(UNUSED, raw), (UNUSED, below)], f"{raw.source}, and {more.source} without labels")
    out.kinds = raw.kinds
    assert out.parts is not None
    if parts is None:
        out.parts = None
    else:
        out.parts[: len(parts)] = parts
    return out


def _check_kinds(raw: Raw, more: Raw, what: str, but: Iterable[str]) -> None:
    """Columns that look like numbers here and like words there would be learned as neither.

    Raises:
        DataError: one does.
    """
    from lamina.examples.infer import infer

    for name in raw.columns.keys() - set(but):
        one, other = (infer(name, each.columns[name], replace(each, notes=[])).held for each in (raw, more))
        if one != other and not any(_empty(each.columns[name]) for each in (raw, more)):
            raise DataError(
                f"{what} holds {_some(more.columns[name])} in '{name}' ({other}), where {raw.source} holds {_some(raw.columns[name])} "
                f"({one}). Write both in one way, or say --kind {name}={one}: what then cannot be read counts as missing."
            )


def _empty(cells: Any) -> bool:
    return not isinstance(cells, np.ndarray | Coded) and cells.null_count() == len(cells)


def _some(cells: Any) -> str:
    """A cell that holds something, as it stands there."""
    if isinstance(cells, np.ndarray) and cells.ndim > 1:
        return f"arrays of {_size(cells.shape[1:])}"
    every = cells.tolist() if isinstance(cells, np.ndarray | Coded) else cells.drop_nulls().head(1).to_list()
    found = next((each for each in every if each is not None), None)
    return f"{type(found).__name__} values" if isinstance(found, bytes | list | np.ndarray) else f"'{str(found)[:40]}'"


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "single values"


def _stacked(pieces: list[tuple[int, Raw]], source: str) -> Raw:
    """Rows one below the other, with the columns of the first."""
    first = pieces[0][1]
    columns = {name: stack([raw.columns[name] for _, raw in pieces]) for name in first.columns}
    notes = [note for _, raw in pieces for note in raw.notes]
    out = Raw(source, columns, first.folder, notes=notes, decimal_comma=first.decimal_comma)
    if len(pieces) > 1:
        out.parts = np.repeat(np.array([part for part, _ in pieces], np.int8), [len(raw) for _, raw in pieces])
    return out


def stack(pieces: list[Any]) -> Any:
    """Columns of several files one below the other."""
    if len(pieces) == 1:
        return pieces[0]
    import polars as pl

    if all(isinstance(piece, np.ndarray) for piece in pieces):
        return np.concatenate(pieces)
    series = [pl.Series(piece.tolist()) if isinstance(piece, np.ndarray | Coded) else piece for piece in pieces]
    if len({each.dtype for each in series}) > 1:
        numeric = all(each.dtype.is_numeric() or each.dtype == pl.Null for each in series)
        series = [each.cast(pl.Float64 if numeric else pl.String) for each in series]
    return pl.concat(series)
