"""IDX files: arrays with a header of a few bytes, as MNIST and its kin come (`train-images-idx3-ubyte.gz`)."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

import numpy as np

from lamina.core import Array, DataError
from lamina.examples.reading import PARTS, TEST, UNUSED, Raw, count, listed

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # the third byte says which
_NAME = re.compile(r"idx\d-?ubyte|\.idx(\.gz)?$", re.IGNORECASE)
_LABELS = re.compile(r"label|target", re.IGNORECASE)


def is_idx(path: Path) -> bool:
    """`is_idx(Path("t10k-images-idx3-ubyte.gz"))`, by its name."""
    return bool(_NAME.search(path.name))


def load(path: Path) -> Array:
    """The array that a file holds.

    Raises:
        DataError: it is no whole IDX file.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix.lower() == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"'{path}' cannot be unpacked: {error}.") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in TYPES:
        raise DataError(f"'{path}' does not begin as an IDX file does (two zero bytes, a type, the number of axes).")
    axes, start = data[3], 4 + 4 * data[3]
    shape = tuple(int(each) for each in np.frombuffer(data[4:start], ">u4"))
    kind = np.dtype(TYPES[data[2]])
    wanted = start + kind.itemsize * int(np.prod(shape, dtype=np.int64))
    if len(shape) < axes or len(data) != wanted:
        raise DataError(f"'{path}' holds {len(data):,} bytes, but its header promises {wanted:,}. Copy it again.")
    return np.frombuffer(data, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="), copy=False)


def read(path: Path, *, labels: bool = True) -> Raw:
    """The images of one file; with `labels`, those of the file beside it, if there is one."""
    beside = sorted(each for each in path.parent.iterdir() if is_idx(each)) if labels else []
    return _stacked([(path, _pairs([path, *beside]).get(path), -1)], str(path))


def folder(top: Path, files: list[Path]) -> Raw:
    """The images of a folder with their labels. What is called t10k or test is the test set.

    Raises:
        DataError: no file holds images, or images and labels are not equally many.
    """
    pairs = _pairs(files)
    if not pairs:
        raise DataError(f"{top} holds {count(len(files), 'IDX file')} but none with images ({listed(files)}).")
    parts = {path: _part(path) for path in pairs}
    named = 0 in parts.values()
    labelled = any(pairs.values())
    kept = [(path, label, parts[path] if named else -1) for path, label in pairs.items() if label or not labelled]
    raw = _stacked(sorted(kept, key=lambda each: each[2]), str(top))
    for path in pairs:
        if labelled and pairs[path] is None:
            raw.note("info", f"{path.name} has no labels beside it: left out.", "Answer it with lamina predict.")
    return raw


def _pairs(files: list[Path]) -> dict[Path, Path | None]:
    """Files of images, and of their labels: those whose names begin alike."""
    stems = {_stem(path): path for path in files if _LABELS.search(path.name)}
    return {path: stems.get(_stem(path)) for path in files if not _LABELS.search(path.name)}


def _stem(path: Path) -> str:
    """`_stem(Path("train-images-idx3-ubyte.gz")) == "train"`."""
    return re.split(r"image|label|target|idx", path.name.lower())[0].strip("-_.")


def _part(path: Path) -> int:
    return TEST if _stem(path) == "t10k" else PARTS.get(_stem(path), UNUSED)


def _stacked(files: list[tuple[Path, Path | None, int]], source: str) -> Raw:
    from lamina.examples import arrays

    images, labels, parts = [], [], []
    for path, label, part in files:
        images.append(load(path))
        parts.append(np.full(len(images[-1]), part, dtype=np.int8))
        if label is None:
            continue
        labels.append(load(label))
        if len(labels[-1]) != len(images[-1]):
            raise DataError(
                f"{path.name} holds {len(images[-1]):,} images, but {label.name} {len(labels[-1]):,} labels."
            )
    if len({each.shape[1:] for each in images}) > 1:
        raise DataError(f"The images in {source} are of several sizes. Name one of the files.")
    columns = {"image": np.concatenate(images)}
    told = {"label": np.concatenate(labels)} if labels else {}
    plain = bool(labels) and labels[0].ndim == 1  # numbers need no Polars, which takes a while to load
    raw = arrays.read(columns if plain else columns | told)
    raw.columns |= told if plain else {}
    raw.source = source
    part_of = np.concatenate(parts)
    raw.parts = part_of if (part_of >= 0).any() else None
    return raw
