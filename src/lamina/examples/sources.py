"""`read`: finds out what a source is and hands it to the file that reads its kind."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lamina.core import DataError
from lamina.examples import arrays, folder, idx, infer, long, obey, parts, sql
from lamina.examples.examples import Examples
from lamina.examples.files import called, example, is_series, kind_named
from lamina.examples.files import raw as of_files
from lamina.examples.reading import Raw, Reading, listed


def read(
    source: Any,
    reading: Reading | None = None,
    *,
    like: Mapping[str, str] | None = None,
    target: Sequence[str] | str = (),
) -> Examples:
    """Read examples: a folder of photos, a table, arrays, a frame, a database.

    source: a folder with a folder per label; a folder of images, with a table that names them or without; an image or
    several; CSV, TSV, JSON lines or Parquet (also .gz, .zst); NumPy and IDX files; a dict of arrays or lists; a list of dicts; an array
    [rows, columns] or images [rows, height, width]; a frame of pandas, Polars or Arrow; `sqlite:///file.db` or
    `postgresql://…` with `Reading(query="SELECT …")`. target: the columns to be learned, whose kinds are judged as
    answers. like: column -> kind from a saved model (`examples.told`): nothing is inferred then, and of its columns only
    the targets must be there.

    Raises:
        DataError: the source cannot be read or learned from. PlanError: a column or kind that does not exist.

    >>> read({"x": [1.0, 2.0, 3.5], "y": ["no", "no", "yes"]}).kinds["x"].name
    'number'
    """
    if isinstance(source, Examples):
        return source
    reading = reading or Reading()
    target = (target,) if isinstance(target, str) else tuple(target)
    try:
        named: Mapping[str, str] = reading.kind if like is None else like
        raw, folded = _folded(source, reading, like, target)
        if reading.test is not None:
            raw = parts.with_test(raw, _folded(reading.test, reading, like, target)[0], named)
        if reading.unlabelled is not None:
            raw = parts.with_unlabelled(raw, _folded(reading.unlabelled, reading, like, target)[0], target, named)
        reading = folded
    except PermissionError as error:
        said = f"'{error.filename}' may not be read: {error.strerror}." if error.filename else f"{error}."
        raise DataError(f"{said} Change its permissions, or run as somebody who may.") from error
    return infer.settle(raw, reading, target) if like is None else obey.obey(raw, reading, like, target)


def _folded(
    source: Any, reading: Reading, like: Mapping[str, str] | None, target: Sequence[str]
) -> tuple[Raw, Reading]:
    """A row per example, also where the source has one per step of time."""
    raw = _raw(source, reading, like)
    if reading.example is None or like is not None:
        return raw, reading
    infer.check_names(raw, reading, target)
    return long.fold(raw, reading, target)


def _raw(source: Any, reading: Reading, like: Mapping[str, str] | None) -> Raw:
    if isinstance(source, str) and sql.is_database(source):
        return sql.read(source, reading)
    if isinstance(source, str | os.PathLike):
        return _path(Path(os.path.expanduser(source)), reading, like)
    if isinstance(source, list | tuple) and source and all(isinstance(each, str | os.PathLike) for each in source):
        return _paths([Path(os.path.expanduser(each)) for each in source], like)
    said = like if like is not None else reading.kind
    return arrays.read(source, like, frozenset(name for name, kind in said.items() if kind.split(" ")[0] == "series"))


def _path(path: Path, reading: Reading, like: Mapping[str, str] | None) -> Raw:
    if path.is_dir():
        return folder.read(path, like)
    if not path.exists():
        if path.is_symlink():
            raise DataError(f"'{path}' is a link that leads nowhere: there is no '{path.readlink()}'.")
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        if not beside:
            raise DataError(f"There is no file or folder '{path}', and no folder '{path.parent}' either.")
        from lamina.core import nearest

        raise DataError(f"There is no file or folder '{path}'. {nearest(path.name, sorted(beside))}")
    if (kind := one(path, like)) is not None:
        return of_files([path], kind, str(path))
    if sql.is_database(str(path)):
        return sql.read(f"sqlite:///{path}", reading)
    if idx.is_idx(path):
        return idx.read(path, labels=like is None or "label" in like)
    from lamina.examples import table

    return table.read(path, like, reading)


def one(path: Path, like: Mapping[str, str] | None) -> str | None:
    """The kind of input that reads a file as one example; None for a table, and where there is no file."""
    if like is not None and is_series(path) and path.is_file() and _is_one(path, like):
        return "series"
    return example(path, like)


def _is_one(path: Path, like: Mapping[str, str]) -> bool:
    """Whether a table is one series for a model that learned from files of such: it has none of the model's columns, not
    even those of a long table; or, where series are all that it learned from, it cannot be read as a table either."""
    told = [kind.partition(" ")[2] for kind in like.values() if kind.split(" ")[0] == "series"]
    if not told or any(told):
        return False
    from lamina.examples import table

    try:
        return not any(name in like for name in table.read(path, like).columns)
    except (DataError, OSError):
        return len(like) == 1


def _paths(paths: list[Path], like: Mapping[str, str] | None) -> Raw:
    """Several files of one kind, or folders of them."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        if path.is_dir():
            inside = folder.found(path)
            folder.find_series(path, inside, like)
            for kind, there in inside.media.items():
                found.setdefault(kind, []).extend(there)
        elif (own := kind_named(path)) is not None:
            found.setdefault(own, []).append(path)
        else:
            raise DataError(
                f"'{path}' is no file of an example and no folder of such. A list may name those only; read a table by itself."
            )
    asked = [kind for said in (like or {}).values() if (kind := said.split(" ")[0]) in found]
    if not found or (like is not None and not asked):
        wanted = "files of examples" if like is None else listed(said.split(" ")[0] for said in like.values())
        raise DataError(f"There are no {wanted} in {', '.join(map(str, paths[:3]))}.")
    kind = asked[0] if asked else max(found, key=lambda each: len(found[each]))
    files = found[kind]
    return of_files(files, kind, called(len(files), kind) if len(files) > 1 else str(files[0]))
