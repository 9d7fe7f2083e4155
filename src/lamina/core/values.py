"""What flows from a column to the answers: coded cells, encoded rows of a form, features and their layout.

Shapes: B rows, W features, C channels, k copies of an answer (an ensemble inside one network).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Json: TypeAlias = dict[str, Any]
Graph: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]


class Table(Protocol):
    """Rows whose columns are settled: `lamina.examples.Examples`, or `lamina.model.cells.Cells`."""

    def __len__(self) -> int: ...
    def values(self, column: str, rows: Any = None) -> Any: ...


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of words, each word said once. codes: [N] int32 into `words`, -1 where missing."""

    codes: Array
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Array | slice) -> Coded:
        return Coded(self.codes[rows], self.words)

    def tolist(self) -> list[str | None]:
        return [self.words[code] if code >= 0 else None for code in self.codes]

    def counts(self) -> Array:
        """How many cells hold each word, [words].

        >>> Coded(np.array([2, -1, 2, 0]), ("a", "b", "c")).counts()
        array([1, 0, 2])
        """
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))

    def used(self) -> Coded:
        """The same cells, without words that none of them holds: of a few rows of many there is little to look at.

        >>> Coded(np.array([2, -1]), ("a", "b", "c")).used().words
        ('c',)
        """
        if len(self.codes) >= len(self.words):
            return self
        kept, codes = np.unique(self.codes, return_inverse=True)
        missing = int((kept < 0).sum())
        return Coded((codes - missing).astype(self.codes.dtype), tuple(self.words[code] for code in kept[missing:]))


@dataclass(frozen=True, slots=True)
class Form:
    """What an input gives a network. It keeps inputs × networks × outputs from becoming a matrix.

    kind: `vector` [B, W] float32; `grid` [B, H, W, C] uint8; and over time, where rows may be of different length:
    `sequence` [B, T, C] float32, `spectrum` [B, T, F] float32 whose neighbouring F are alike, `tokens` [B, T] int32
    codes, `film` [B, T, H, W, C] uint8.
    shape: without the rows; T is the longest. sizes: for a vector, per column 0 for a number (raw units, NaN is missing)
    and n for a category whose codes are 0..n-1 (0: unknown or missing); for tokens (n,), code 0 is padding. The network
    keeps scales itself, so that its ONNX takes raw values. hop: over time, how long a step is: seconds of a sound, heights
    of a picture's line.
    """

    kind: Literal["vector", "sequence", "spectrum", "tokens", "grid", "film"]
    shape: tuple[int, ...]
    sizes: tuple[int, ...] = ()
    hop: float = 1.0

    @property
    def timed(self) -> bool:
        """Whether the first axis is time: then encoded rows come with their lengths."""
        return self.kind in ("sequence", "spectrum", "tokens", "film")

    @property
    def dtype(self) -> Literal["float32", "int32", "uint8"]:
        """Of encoded values."""
        return "uint8" if self.kind in ("grid", "film") else "int32" if self.kind == "tokens" else "float32"


@dataclass(slots=True)
class Encoded:
    """Encoded rows. values: [B, *form.shape]; present: [B] bool, False where the value is absent or unreadable.

    lengths: [B] int64 of a form over time, at least 1: so many steps hold something, what follows is zeros that no
    network may look at; None for other forms. Along time, values may end after the longest row.
    """

    values: Any  # ndarray in inputs, Tensor in learning
    present: Any
    problems: list[tuple[int, str]] = field(default_factory=list)  # row and what was wrong with it
    lengths: Any = None

    def trimmed(self) -> Encoded:
        """Without the padding that no row needs."""
        if self.lengths is None or not len(self.lengths):
            return self
        return Encoded(self.values[:, : int(self.lengths.max())], self.present, self.problems, self.lengths)


@dataclass(slots=True)
class Features:
    """What a network makes of its input. whole: [B, W], or [B, k, W] from a network that is k at once.

    maps: [B, W, *space], finest first, for answers that have a place; state: of a recurrent network. here: [B, T] bool,
    which steps of the last maps [B, W, T] hold something, for answers along time; None where they are not over time.
    """

    whole: Any
    maps: tuple[Any, ...] = ()
    state: Any = None
    here: Any = None


@dataclass(frozen=True, slots=True)
class Layout:
    """What features learned without labels are made of. parts: names and widths, in order, input by input: `values` on
    one scale, and where a network draws them again, `residuals` and a `code`. owners: for each value the input column
    that it comes from, and, of a picture, the region.
    """

    parts: tuple[tuple[str, int], ...]
    owners: tuple[tuple[str, str], ...] = ()

    @property
    def width(self) -> int:
        return sum(width for _, width in self.parts)

    def cut(self, features: Array, part: str) -> Array:
        """[B, n] of [B, F]: the parts of this name of all inputs.

        >>> Layout((("values", 2), ("code", 1), ("values", 1))).cut(np.array([[1, 2, 3, 4]]), "values")
        array([[1, 2, 4]])
        """
        starts = np.cumsum([0, *(width for _, width in self.parts)])
        spans = zip(self.parts, starts[:-1], starts[1:], strict=True)
        found = [features[:, start:stop] for (name, _), start, stop in spans if name == part]
        return np.concatenate(found, 1) if found else features[:, :0]


def chunks(rows: Sequence[Any] | Array, size: int) -> Iterator[Any]:
    """Consecutive pieces of at most `size`: `list(chunks([1, 2, 3], 2)) == [[1, 2], [3]]`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
