"""What is most alike: every example's features, kept in order of nearness, so that a few of many are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from lamina.core import Answers, Array, Json, Layout, Table, chunks
from lamina.found._lists import EXACT, Lists

NEAREST = 5  # that an answer names
ALARM = 0.01  # share of the examples themselves that lie farther from their nearest than what is unlike them all
CLOSE = 0.1  # of the usual distance to the nearest: below, two examples are near-duplicates
ASKED = 2_000  # examples by which the usual distance is told
SAME = 1e-4  # of a vector's length: below, two are the same


@dataclass(frozen=True, slots=True)
class Alike:
    """An example that is like the one asked about. row: its place among those learned from, counted from 0."""

    name: str
    row: int
    distance: float


class Neighbours:
    """Vectors of all examples. unit: whether only their direction counts, as suits features of photographs.

    usual, far: of the examples themselves, the median distance to the nearest other one, and the distance that all but
    1 in 100 keep to.
    """

    kind: ClassVar[str] = "neighbours"
    column: ClassVar[str] = "nearest"

    def __init__(self, layout: Layout, unit: bool = False) -> None:
        self.layout, self.unit = layout, unit
        self.center = np.zeros(0, np.float32)
        self.usual = self.far = 0.0
        self.lists = Lists(np.zeros((0, 0), np.float32), np.zeros(0, int), np.zeros((1, 0)), np.zeros(2, int))
        self.names: Array = np.zeros(0, np.uint8)  # of all rows, as UTF-8, one after the other
        self.ends: Array = np.zeros(0, np.int64)

    # ------------------------------------------------------------------------------------------- learning

    def fit(self, features: Array, rows: Array, rng: np.random.Generator, exact: int = EXACT) -> None:
        """From features [N, F] of all examples, and the rows [N] that they are."""
        self.center = self.layout.cut(features, "values").mean(0)
        vectors = self._seen(features)
        self.lists, order = Lists.build(vectors, rng, exact)
        self.lists.hold(vectors[order])
        self.lists.ids = rows[order]
        some = np.sort(rng.permutation(len(vectors))[:ASKED])
        nearest = self._others(vectors[some], rows[some], 1)[1][:, 0]
        nearest = nearest[np.isfinite(nearest)]
        if len(nearest):
            self.usual, self.far = float(np.median(nearest)), float(np.quantile(nearest, 1 - ALARM))

    def name(self, names: Sequence[str]) -> None:
        """What the examples are called, row by row."""
        words = [name.encode("utf-8", "surrogatepass") for name in names]
        self.names = np.frombuffer(b"".join(words), np.uint8)
        self.ends = np.cumsum([0, *map(len, words)])

    def duplicates(self, most: int | None = 50) -> list[tuple[int, int, float]]:
        """Pairs of rows that are the same or nearly so, nearest first, with their distance; each row with its nearest three at
        most. most: of the pairs, None for all."""
        limit = max(CLOSE * self.usual, self.same)
        pairs: dict[tuple[int, int], float] = {}
        for places in chunks(np.arange(len(self.lists.ids)), 512):
            rows = self.lists.ids[places]
            found, distances = self._others(np.asarray(self.lists.vectors[places[0] : places[-1] + 1]), rows, 3)
            for row, others, away in zip(rows.tolist(), found.tolist(), distances.tolist(), strict=True):
                for other, distance in zip(others, away, strict=True):
                    if other >= 0 and distance <= limit:
                        pairs[min(row, other), max(row, other)] = distance
        ordered = sorted(pairs.items(), key=lambda each: (each[1], each[0]))
        return [(*rows, distance) for rows, distance in ordered[:most]]

    # ------------------------------------------------------------------------------------------ answering

    def search(self, features: Array, count: int) -> list[list[Alike]]:
        """The `count` most alike examples of each row [B, F], nearest first."""
        found, distances = self.lists.search(self._seen(features), count)
        return [
            [Alike(self.called(row), row, distance) for row, distance in zip(rows, away, strict=True) if row >= 0]
            for rows, away in zip(found.tolist(), distances.tolist(), strict=True)
        ]

    def answer(self, features: Array, rows: Table) -> Answers:
        """The nearest example of each row, and how far it is in units of what is usual; unlike: farther than is usual."""
        every = self.search(features, NEAREST)
        values = np.empty(len(every), object)
        values[:] = [found[0].name if found else None for found in every]
        away = np.array([found[0].distance if found else np.inf for found in every])
        far = away > self.far * (1 + 1e-6)
        nearest = {row: tuple(each.name for each in found) for row, found in enumerate(every)}
        scores = away / self.far if self.far > 0 else np.where(away > 0, 2.0, 0.0)
        reasons: dict[int, tuple[str, ...]] = {int(row): ("no known example is near",) for row in np.flatnonzero(far)}
        return Answers(values, unlike=far, reasons=reasons, scores=scores, nearest=nearest)

    def called(self, row: int) -> str:
        if len(self.ends) > row + 1:
            return bytes(self.names[self.ends[row] : self.ends[row + 1]]).decode("utf-8", "surrogatepass")
        return f"row {row + 1:,}"

    def _others(self, vectors: Array, rows: Array, count: int) -> tuple[Array, Array]:
        """The nearest to each vector but for the row it belongs to itself."""
        found, distances = self.lists.search(vectors, count + 1)
        own = found == rows[:, None]
        own[:, -1] |= ~own.any(1)  # so many are the same that the row itself is not among them
        kept = np.argsort(own, axis=1, kind="stable")[:, :count]
        return np.take_along_axis(found, kept, 1), np.take_along_axis(distances, kept, 1)

    @property
    def same(self) -> float:
        """The distance within which two examples are the same."""
        some = np.asarray(self.lists.vectors[:ASKED])
        return SAME * float(np.sqrt((some**2).sum(1)).mean()) if len(some) else 0.0

    def _seen(self, features: Array) -> Array:
        found: Array = self.layout.cut(features.astype(np.float32), "values") - self.center
        if self.unit:
            found /= np.maximum(np.sqrt((found**2).sum(1, keepdims=True)), 1e-12)
        return found

    # --------------------------------------------------------------------------------------------- files

    def state(self) -> Json:
        layout = self.layout
        return {
            "parts": [list(each) for each in layout.parts],
            "unit": self.unit,
            "usual": self.usual,
            "far": self.far,
        }

    def arrays(self) -> dict[str, Array]:
        lists = self.lists
        return {
            "center": self.center,
            "ids": lists.ids,
            "middles": lists.middles,
            "starts": lists.starts,
            "lengths": lists.lengths,
        }

    def large(self) -> dict[str, Array]:
        return {"vectors": self.lists.vectors, "names": self.names, "ends": self.ends}

    @classmethod
    def restore(cls, state: Json, arrays: Mapping[str, Array]) -> Self:
        found = cls(Layout(tuple(map(tuple, state["parts"]))), state["unit"])
        found.usual, found.far, found.center = state["usual"], state["far"], arrays["center"]
        found.lists = Lists(*(arrays[name] for name in ("vectors", "ids", "middles", "starts")))
        if "lengths" in arrays:  # models of earlier versions work them out when they are first asked
            found.lists.lengths = arrays["lengths"]
        found.names, found.ends = arrays["names"], arrays["ends"]
        return found
