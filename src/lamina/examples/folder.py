"""A folder: a folder per label, a flat folder of files, files with a table that names them, or train and test tables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lamina.core import DataError
from lamina.examples import idx, npz, parts, words
from lamina.examples.files import by_suffix, called, is_series, kind_of, raw
from lamina.examples.reading import PARTS, Raw, count, listed

TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", *npz.SUFFIXES)
UNLABELLED = frozenset({"unlabelled", "unlabeled", "unsup"})


@dataclass
class Found:
    """The files of a folder, hidden ones left out, in a settled order."""

    media: dict[str, list[Path]] = field(default_factory=dict)  # by the kind of input that reads them
    tables: list[Path] = field(default_factory=list)  # directly in the folder
    deeper: list[Path] = field(default_factory=list)  # tables in folders within it: each may be a series
    arrays: list[Path] = field(default_factory=list)  # IDX files, directly in the folder
    others: list[Path] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)  # folders that may not be opened


def suffix(path: Path) -> str:
    """`suffix(Path("a.csv.gz")) == ".csv"`."""
    name = path.name.lower()
    for packed in (".gz", ".zst"):
        name = name.removesuffix(packed)
    return Path(name).suffix


def found(top: Path) -> Found:
    """Walk a folder; links to folders above are not followed.

    Raises:
        PermissionError: the folder itself may not be opened.
    """
    out = Found()

    def locked(error: OSError) -> None:
        if Path(error.filename) == top:
            raise error
        out.locked.append(error.filename)

    for here, folders, files in os.walk(top, onerror=locked):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(files):
            path = Path(here, name)
            if name.startswith((".", "._")) or name in ("Thumbs.db", "desktop.ini"):
                continue
            if (kind := kind_of(path)) is not None:
                out.media.setdefault(kind, []).append(path)
            elif suffix(path) in TABLES and Path(here) == top:
                out.tables.append(path)
            elif is_series(path):
                out.deeper.append(path)
            elif idx.is_idx(path) and Path(here) == top:
                out.arrays.append(path)
            else:
                out.others.append(path)
    return out


def read(top: Path, like: Mapping[str, str] | None = None) -> Raw:
    """What a folder holds.

    Raises:
        DataError: it is empty, or holds nothing that we can read.
    """
    files = found(top)
    held = _read(top, files, like)
    if files.locked:
        held.note(
            "warn",
            f"{count(len(files.locked), 'folder')} may not be opened (first: {files.locked[0]}): left out.",
            "Change the permissions, or run as somebody who may.",
        )
    return held


def _read(top: Path, files: Found, like: Mapping[str, str] | None) -> Raw:
    by_part = {
        path: part for path in files.tables if (part := PARTS.get(re.split(r"[.-]", path.name.lower())[0])) is not None
    }
    if 0 in by_part.values() and len(by_part) > 1:
        return parts.tables(top, by_part, like)
    find_series(top, files, like)
    kind = _kind(files, like)
    if kind is not None:
        paths = files.media[kind]
        if like is not None and len(like) == 1:
            return raw(paths, kind, str(top))
        if len(files.tables) == 1:
            from lamina.examples import naming

            if (joined := naming.join(top, files.tables[0], paths, kind, like)) is not None:
                return joined
        return _labelled(top, files, kind)
    if files.arrays and not files.tables:
        return idx.folder(top, files.arrays)
    if len(files.tables) > 1 and all(path.suffix == ".npy" for path in files.tables):
        return npz.folder(top, files.tables)
    if len(files.tables) == 1:
        from lamina.examples import table

        return table.read(files.tables[0], like)
    if files.tables:
        raise DataError(
            f"{top} holds {len(files.tables)} tables ({listed(path.name for path in files.tables)}). Name one of them, or call two of them train.csv and test.csv."
        )
    if others := [*files.others, *files.deeper]:
        raise DataError(
            f"{top} holds {count(len(others), 'file')} but nothing that Lamina reads (first: {others[0].name}). Expected is a folder per label with {_readable()} in it, or a table (CSV, JSON lines, Parquet)."
        )
    if files.locked:
        raise DataError(
            f"{top} holds folders that may not be opened (first: {files.locked[0]}). Change their permissions."
        )
    raise DataError(
        f"{top} is empty. Expected is a folder per label with {_readable()} in it, or a table (CSV, JSON lines, Parquet)."
    )


def find_series(top: Path, files: Found, like: Mapping[str, str] | None) -> None:
    """Tell tables that are each one series from tables that hold the examples.

    They are series where they lie in folders that are their labels and nothing else is there to learn from; where several
    beside each other begin with the same line, all but one, which names them; and for a model that learned from series.
    Where most begin so, a few that begin otherwise are series that cannot be read.
    """
    asked = like is not None and any(kind.split(" ")[0] == "series" for kind in like.values())
    if files.media.keys() - {"text"} or (like is not None and not asked):
        return
    labels = {name for path in files.deeper for name in path.relative_to(top).parts[:-1]} - PARTS.keys()
    if files.deeper and (asked or len(files.tables) == 1 or (labels and not files.tables)):
        files.media = {"series": files.deeper}
        return
    lines: dict[str, list[Path]] = {}
    for path in files.tables:
        if is_series(path):
            lines.setdefault(_first_line(path), []).append(path)
    alike = max(lines.values(), key=len, default=[])
    others = [path for path in files.tables if path not in alike]
    if len(alike) < 3 or len(others) > len(alike):
        return
    if len(others) > 1 or asked:
        from lamina.examples import naming

        naming_them = [path for path in others if naming.names(top, path, alike)]
        if len(naming_them) > 1 or not (naming_them or asked):
            return
        odd = [path for path in others if path not in naming_them]
        alike = sorted([*alike, *filter(is_series, odd)])
        files.others += [path for path in odd if not is_series(path)]
        others = naming_them
    if others or asked:
        files.media, files.tables = {"series": alike}, others


def _first_line(path: Path) -> str:
    """What a table begins with: the names of its columns, or only how many there are."""
    if suffix(path) in (".parquet", ".pq"):
        import polars as pl

        try:
            return ",".join(pl.read_parquet_schema(path))
        except (pl.exceptions.PolarsError, OSError):
            return ""
    with path.open("rb") as file:
        line = file.readline().decode("latin-1").strip().lower()
    return line if re.search(r"[a-df-z]{2}", line) else re.sub(r"[^,;\t|]", "", line)


def _readable() -> str:
    """`"images or sounds"`: what files may be."""
    found = [each if each == "series" else f"{each}s" for each in sorted(set(by_suffix().values()))]
    return f"{', '.join(found[:-1])} or {found[-1]}" if len(found) > 1 else found[0]


def _kind(files: Found, like: Mapping[str, str] | None) -> str | None:
    """What the folder is about: what the model learned from, else what most of its files are; None: nothing such.

    A few texts beside a table, or beside files of another kind, are notes.
    """
    if like is not None:
        asked = [kind for said in like.values() if (kind := said.split(" ")[0]) in files.media]
        return asked[0] if asked else None
    there = {kind: len(paths) for kind, paths in files.media.items() if kind != "text" or not files.tables}
    return max(there, key=lambda kind: (kind != "text" or len(there) == 1, there[kind])) if there else None


def _labelled(top: Path, files: Found, kind: str) -> Raw:
    """A column of the kind and a label: the label is the folder, relative to the part (train, test) it lies in."""
    labels: list[str | None] = []
    said: list[int] = []
    paths = files.media[kind]
    outer = {path.relative_to(top).parts[0].lower() for path in paths if len(path.relative_to(top).parts) > 1}
    parted = bool(outer) and outer <= PARTS.keys() and len(outer) > 1
    for path in paths:
        folders = list(path.relative_to(top).parts[:-1])
        said.append(PARTS[folders.pop(0).lower()] if parted and folders else -1)
        labels.append("/".join(folders) if folders and folders[0].lower() not in UNLABELLED else None)
    if all(label is None for label in labels):
        bare_only = raw(paths, kind, str(top))
        bare_only.parts = np.array(said, dtype=np.int8) if parted else None
        return bare_only
    part_of = np.array(said, dtype=np.int8)
    bare = np.array([label is None for label in labels])
    keep = np.ones(len(labels), dtype=bool)
    if parted and (part_of == 2).any() and bare[part_of == 2].all():
        keep = part_of != 2
    kept = np.flatnonzero(keep)
    found = raw([paths[row] for row in kept], kind, str(top))
    found.columns["label"] = words.encode([labels[row] for row in kept])
    found.parts = part_of[kept] if parted else None
    if not keep.all():
        found.note(
            "info",
            f"{called(int((~keep).sum()), kind)} in test/ without labels left out: nothing can be tested on them.",
            "Answer them with lamina predict.",
        )
    if bare[kept].any():
        found.note(
            "info",
            f"{called(int(bare[kept].sum()), kind)} without a label.",
            "An unlabelled example may still help to learn.",
        )
    if files.tables:
        found.note(
            "info",
            f"{listed(path.name for path in files.tables)} names too few of the files: the folders are the labels.",
        )
    if others := [*files.others, *(path for name, paths in files.media.items() if name != kind for path in paths)]:
        found.note("info", f"{count(len(others), 'other file')} left out (first: {others[0].relative_to(top)}).")
    return found
