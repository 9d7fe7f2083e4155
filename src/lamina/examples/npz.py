"""NumPy files: `.npz` with an array per column, also with train, val and test beside each other; `.npy`."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lamina.core import Array, DataError
from lamina.examples import arrays
from lamina.examples.reading import PARTS, Raw, listed

SUFFIXES = (".npz", ".npy")
_SINGULAR = {"images": "image", "labels": "label"}


def read(path: Path, like: Mapping[str, str] | None = None) -> Raw:
    """The columns that a file holds.

    Raises:
        DataError: it is damaged, holds pickled objects, or arrays that are not equally long.
    """
    found = _loaded(path)
    if isinstance(found, np.ndarray):
        raw = arrays.read(found, like)
        raw.source = str(path)
        return raw
    return _columns(path, {name: each for name, each in found.items() if each.ndim}, like)


def folder(top: Path, files: list[Path]) -> Raw:
    """A `.npy` file per column."""
    found = {path.stem: _loaded(path) for path in files}
    return _columns(top, {name: each for name, each in found.items() if isinstance(each, np.ndarray)}, None)


def _loaded(path: Path) -> Array | dict[str, Array]:
    try:
        with path.open("rb") as file:
            found = np.load(file, allow_pickle=False)
            return found if isinstance(found, np.ndarray) else {name: found[name] for name in found.files}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        why = "it holds Python objects, which may run code" if "allow_pickle" in str(error) else str(error)
        raise DataError(f"'{path}' cannot be read as a NumPy file: {why}. Save plain arrays.") from error


def _columns(source: Path, found: dict[str, Array], like: Mapping[str, str] | None) -> Raw:
    """A column per array; of `train_x` and `test_x` one column x, with the parts."""
    if not found:
        raise DataError(f"'{source}' holds no array.")
    pieces: dict[int, dict[str, Array]] = {}
    for name, each in found.items():
        part, bare = _part(name)
        pieces.setdefault(part, {})[_SINGULAR.get(bare, bare)] = each
    if -1 in pieces or 0 not in pieces:
        pieces = {-1: {_SINGULAR.get(name, name): each for name, each in found.items()}}
    names = pieces[min(pieces)]
    kept = {part: columns for part, columns in sorted(pieces.items()) if columns.keys() == names.keys()}
    try:
        stacked = {name: np.concatenate([columns[name] for columns in kept.values()]) for name in names}
    except ValueError as error:
        raise DataError(f"The parts of '{source}' do not fit together: {error}.") from error
    raw = arrays.read(stacked, like)
    raw.source = str(source)
    if len(kept) > 1:
        lengths = {part: {len(each) for each in columns.values()} for part, columns in kept.items()}
        if any(len(each) > 1 for each in lengths.values()):
            raise DataError(f"The arrays of one part of '{source}' are of different lengths ({listed(found)}).")
        raw.parts = np.repeat(np.array(list(lengths), np.int8), [min(each) for each in lengths.values()])
    for part in pieces.keys() - kept.keys():
        what = next(name for name, number in PARTS.items() if number == part)
        raw.note("info", f"The part '{what}' of {source.name} has other arrays: left out.")
    return raw


def _part(name: str) -> tuple[int, str]:
    """`_part("train_images") == (0, "images")`, `_part("x_test") == (2, "x")`, `_part("y") == (-1, "y")`."""
    words = re.split(r"[_\-. ]", name)
    for spot in (0, -1):
        rest = words[1:] if spot == 0 else words[:-1]
        if len(words) > 1 and words[spot].lower() in PARTS:
            return PARTS[words[spot].lower()], "_".join(rest)
    return -1, name
