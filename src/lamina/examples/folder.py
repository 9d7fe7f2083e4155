"""A folder: a folder per label, a flat folder of images, images with a table that names them, or train and test tables."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lamina.core import DataError
from lamina.examples import idx, npz, parts, words
from lamina.examples.columns import IMAGE_SUFFIXES
from lamina.examples.reading import PARTS, Raw, count, listed

TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", *npz.SUFFIXES)
UNLABELLED = frozenset({"unlabelled", "unlabeled", "unsup"})
_NOT_YET = {
    **dict.fromkeys((".wav", ".flac", ".mp3", ".ogg", ".m4a"), "sounds"),
    **dict.fromkeys((".mp4", ".avi", ".mov", ".mkv", ".webm"), "videos"),
    **dict.fromkeys((".txt", ".md", ".pdf", ".docx"), "texts"),
}


@dataclass
class Found:
    """The files of a folder, hidden ones left out, in a settled order."""

    images: list[Path] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)  # directly in the folder
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
            if path.suffix.lower() in IMAGE_SUFFIXES:
                out.images.append(path)
            elif suffix(path) in TABLES and Path(here) == top:
                out.tables.append(path)
            elif idx.is_idx(path) and Path(here) == top:
                out.arrays.append(path)
            else:
                out.others.append(path)
    return out


def images(paths: list[Path], source: str) -> Raw:
    """Images without labels."""
    values = np.empty(len(paths), dtype=object)
    values[:] = [str(path.absolute()) for path in paths]
    return Raw(source, {"image": values})


def read(top: Path, like: Mapping[str, str] | None = None) -> Raw:
    """What a folder holds.

    Raises:
        DataError: it is empty, or holds nothing that we can read.
    """
    files = found(top)
    raw = _read(top, files, like)
    if files.locked:
        raw.note(
            "warn",
            f"{count(len(files.locked), 'folder')} may not be opened (first: {files.locked[0]}): left out.",
            "Change the permissions, or run as somebody who may.",
        )
    return raw


def _read(top: Path, files: Found, like: Mapping[str, str] | None) -> Raw:
    by_part = {
        path: part for path in files.tables if (part := PARTS.get(re.split(r"[.-]", path.name.lower())[0])) is not None
    }
    if 0 in by_part.values() and len(by_part) > 1:
        return parts.tables(top, by_part, like)
    only_images = like is not None and all(kind == "image" for kind in like.values())
    if files.images and only_images:
        return images(files.images, str(top))
    if files.images and len(files.tables) == 1:
        from lamina.examples import naming

        if (joined := naming.join(top, files.tables[0], files.images, like)) is not None:
            return joined
    if files.images:
        return _labelled(top, files)
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
    kinds = Counter(_NOT_YET[suffix(path)] for path in files.others if suffix(path) in _NOT_YET)
    if kinds:
        most = kinds.most_common(1)[0][0]
        raise DataError(
            f"{top} holds {count(len(files.others), 'file')}, mostly {most}, which Lamina does not read yet. It reads images and tables."
        )
    if files.others:
        raise DataError(
            f"{top} holds {count(len(files.others), 'file')} but no image and no table (first: {files.others[0].name}). Expected is a folder per label with images in it, or a table (CSV, JSON lines, Parquet)."
        )
    if files.locked:
        raise DataError(
            f"{top} holds folders that may not be opened (first: {files.locked[0]}). Change their permissions."
        )
    raise DataError(
        f"{top} is empty. Expected is a folder per label with images in it, or a table (CSV, JSON lines, Parquet)."
    )


def _labelled(top: Path, files: Found) -> Raw:
    """Columns image and label: the label is the folder, relative to the part (train, test) it lies in."""
    labels: list[str | None] = []
    said: list[int] = []
    outer = {path.relative_to(top).parts[0].lower() for path in files.images if len(path.relative_to(top).parts) > 1}
    parted = bool(outer) and outer <= PARTS.keys() and len(outer) > 1
    for path in files.images:
        folders = list(path.relative_to(top).parts[:-1])
        said.append(PARTS[folders.pop(0).lower()] if parted and folders else -1)
        labels.append("/".join(folders) if folders and folders[0].lower() not in UNLABELLED else None)
    if all(label is None for label in labels):
        raw = images(files.images, str(top))
        raw.parts = np.array(said, dtype=np.int8) if parted else None
        return raw
    part_of = np.array(said, dtype=np.int8)
    bare = np.array([label is None for label in labels])
    keep = np.ones(len(labels), dtype=bool)
    if parted and (part_of == 2).any() and bare[part_of == 2].all():
        keep = part_of != 2
    kept = np.flatnonzero(keep)
    raw = images([files.images[row] for row in kept], str(top))
    raw.columns["label"] = words.encode([labels[row] for row in kept])
    raw.parts = part_of[kept] if parted else None
    if not keep.all():
        raw.note(
            "info",
            f"{count(int((~keep).sum()), 'image')} in test/ without labels left out: nothing can be tested on them.",
            "Answer them with lamina predict.",
        )
    if bare[kept].any():
        raw.note(
            "info",
            f"{count(int(bare[kept].sum()), 'image')} without a label.",
            "An unlabelled example may still help to learn.",
        )
    if files.tables:
        raw.note(
            "info",
            f"{listed(path.name for path in files.tables)} names too few of the images: the folders are the labels.",
        )
    if files.others:
        raw.note(
            "info",
            f"{count(len(files.others), 'other file')} left out (first: {files.others[0].relative_to(top)}).",
        )
    return raw
