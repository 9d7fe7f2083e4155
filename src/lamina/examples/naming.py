"""A table beside files that names them: the two joined."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lamina.core import DataError
from lamina.examples.files import called
from lamina.examples.reading import Raw, count


def names(top: Path, table_path: Path, paths: list[Path]) -> bool:
    """Whether a table can be read, and names these files."""
    try:
        return join(top, table_path, paths, "series", None) is not None
    except DataError:
        return False


def join(top: Path, table_path: Path, paths: list[Path], kind: str, like: Mapping[str, str] | None) -> Raw | None:
    """The table with a column of paths to files of a kind; None if no column names them.

    Files are named by path, by file name, by file name without its suffix, or by the number at its end where all else of
    it is the same.
    """
    import polars as pl

    from lamina.examples import table, words

    raw = table.read(table_path, like)
    names: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        relative = path.relative_to(top)
        for name in {str(relative), relative.as_posix(), str(relative.with_suffix("")), path.name, path.stem}:
            names[name].append(path)
    stems = [re.fullmatch(r"(.*?)0*(\d+)", path.stem) for path in paths]
    if len({found and found[1] for found in stems}) == 1:  # walk_1, walk_2, …
        for path, found in zip(paths, stems, strict=True):
            if found is not None and found[2] != path.stem:
                names[found[2]].append(path)
    best: tuple[float, str, list[Any]] = (0.0, "", [])
    for column, cells in raw.columns.items():
        if not isinstance(cells, pl.Series) or cells.dtype.is_float() or cells.dtype.is_nested():
            continue
        keys = words.clean(cells.cast(pl.String, strict=False)).to_list()
        called_so = [(names.get(key.removeprefix("./"), []) if key is not None else []) for key in keys]
        share = sum(len(each) == 1 for each in called_so) / max(1, len(called_so))
        if share > best[0]:
            best = (share, column, [each[0] if len(each) == 1 else None for each in called_so])
    share, column, paths_found = best
    named = {path for path in paths_found if path is not None}
    in_folders = any(path.parent != top for path in paths)
    if share < 0.5 or (in_folders and len(named) < 0.5 * len(paths)):
        return None
    values = np.empty(len(paths_found), dtype=object)
    values[:] = [None if path is None else str(path.absolute()) for path in paths_found]
    called_now = kind if kind not in raw.columns else column
    raw.columns = {
        (called_now if name == column else name): (values if name == column else cells)
        for name, cells in raw.columns.items()
    }
    raw.kinds[called_now] = kind
    raw.source = f"{table_path} with {called(len(paths), kind)}"
    if lost := sum(path is None for path in paths_found):
        raw.note(
            "warn",
            f"{count(lost, 'row')} of {table_path.name} without the {kind} named.",
            f"Kept without {'an image' if kind == 'image' else f'a {kind}'}.",
        )
    unnamed = len(paths) - len(named)
    if unnamed:
        raw.note("info", f"{called(unnamed, kind)} not named in {table_path.name} left out.")
    return raw
