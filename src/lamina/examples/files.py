"""Files that are examples: which suffix means which kind, as the inputs themselves say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from lamina import kinds
from lamina.core import Array
from lamina.examples import encodings, words
from lamina.examples.reading import Raw, count, listed

SERIES = frozenset({".csv", ".tsv", ".parquet", ".pq"})


@cache
def by_suffix() -> dict[str, str]:
    """Suffix to kind: `by_suffix()[".png"] == "image"`."""
    return {suffix: name for name in kinds.names("inputs") for suffix in kinds.find("inputs", name).suffixes}


def kind_of(path: str | Path) -> str | None:
    """The kind of input that reads such a file: `kind_of("cat.JPG") == "image"`."""
    return by_suffix().get(Path(path).suffix.lower())


def example(path: Path, like: Mapping[str, str] | None) -> str | None:
    """The kind of input that reads a file as one example; None for a table.

    A .txt is a table, but for a model that learned from texts, none of whose columns it names in its first line.
    """
    kind = kind_of(path)
    if kind is None or kinds.find("inputs", kind).holds != "text":
        return kind
    if like is None or kind not in {said.split(" ")[0] for said in like.values()}:
        return None
    with path.open("rb") as file:
        start = file.readline(4096).decode("utf-8-sig", "replace")
    return None if any(cell.strip(' "\r\n') in like for cell in re.split(r"[,;\t|]", start)) else kind


def kind_named(path: str | Path) -> str | None:
    """The kind of a file that a cell of a table names: there, a table is a series, and does not hold the examples."""
    return kind_of(path) or ("series" if is_series(path) else None)


def is_series(path: str | Path) -> bool:
    """Whether such a file may hold one series: as a table does, so that more than its name must tell."""
    return Path(path).suffix.lower() in SERIES


def raw(paths: Sequence[Path], kind: str, source: str) -> Raw:
    """Files of one kind without labels, in a column that is called as the kind is."""
    if kinds.find("inputs", kind).holds == "text":
        return _texts(paths, kind, source)
    values: Array = np.empty(len(paths), dtype=object)
    values[:] = [str(path.absolute()) for path in paths]
    return Raw(source, {kind: values}, kinds={kind: kind})


def called(n: int, kind: str) -> str:
    """`called(2, "sound") == "2 sounds"`."""
    return f"{n:,} series" if kind == "series" else count(n, kind)


def _texts(paths: Sequence[Path], kind: str, source: str) -> Raw:
    texts: list[str | None] = []
    odd: list[str] = []  # files that hold no text
    western: list[tuple[Path, str]] = []
    for path in paths:
        try:
            text, encoding = encodings.decoded(path.read_bytes())
        except UnicodeError:
            odd.append(str(path))
            texts.append(None)
            continue
        texts.append(text.strip())
        if encoding == encodings.WESTERN:
            western.append((path, text))
    found = Raw(source, {kind: words.encode(texts)}, kinds={kind: kind})
    if odd:
        found.note(
            "warn", f"{count(len(odd), 'file')} without any text, but bytes: {listed(odd)}.", "They count as missing."
        )
    if western:
        more = f", as {count(len(western) - 1, 'other text')}," if len(western) > 1 else ""
        found.notes.append(encodings.note(f"'{western[0][0]}'{more}", "\n".join(text for _, text in western)))
    return found
