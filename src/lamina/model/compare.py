"""Are two examples of the same one? Distances of what a network makes of them, against a settled threshold."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.core import Array, Json
from lamina.model.predictions import percent


@dataclass(frozen=True, slots=True)
class Comparison:
    """a, b: what was compared; same: whether they are held to be of the same one.

    probability: that they are, where as many pairs are of the same as of different ones; distance: 0 to 2, of the same up
    to `threshold`. unlike: one of them is unlike the training data.
    """

    a: str
    b: str
    same: bool
    probability: float
    distance: float
    threshold: float
    unlike: bool = False

    def record(self) -> Json:
        """For `--json`."""
        return {
            "a": self.a, "b": self.b, "same": self.same, "probability": round(self.probability, 6),
            "distance": round(self.distance, 6), "threshold": round(self.threshold, 6), "unlike": self.unlike,
        }  # fmt: skip


class Comparisons(Sequence[Comparison]):
    """Every example of one side with every one of the other: for each of the first, the most alike first.

    distance, probability: [A, B]; same: [A, B] bool, in the order of the examples.
    """

    def __init__(
        self,
        names: tuple[Sequence[str], Sequence[str]],
        distance: Array,
        probability: Array,
        threshold: float,
        unlike: tuple[Array, Array],
    ) -> None:
        self.names, self.unlike = names, unlike
        self.distance, self.probability, self.threshold = distance, probability, threshold
        self._order = np.argsort(distance, axis=1, kind="stable")

    @property
    def same(self) -> Array:
        found: Array = self.distance <= self.threshold
        return found

    def __len__(self) -> int:
        return self.distance.size

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(f"There are {len(self)} pairs; pair {place} was asked for.")
        row, rank = divmod(place % len(self), self.distance.shape[1])
        column = int(self._order[row, rank])
        return Comparison(
            self.names[0][row],
            self.names[1][column],
            bool(self.distance[row, column] <= self.threshold),
            float(self.probability[row, column]),
            float(self.distance[row, column]),
            self.threshold,
            bool(self.unlike[0][row] or self.unlike[1][column]),
        )

    def nearest(self, count: int) -> list[Comparison]:
        """For each of the first, the `count` most alike."""
        wide = self.distance.shape[1]
        return [self[row * wide + rank] for row in range(len(self.distance)) for rank in range(min(count, wide))]

    def _repr_html_(self) -> str:
        lines = "".join(
            f"<tr><td>{html.escape(each.a)}</td><td>{html.escape(each.b)}</td><td>{said(each)}</td></tr>"
            for each in self.nearest(5)[:20]
        )
        return f"<table>{lines}</table>"


def said(each: Comparison) -> str:
    """`the same, 97 % sure (distance 0.21; the same up to 0.43)`."""
    sure = each.probability if each.same else 1 - each.probability
    text = f"{'the same' if each.same else 'not the same'}, {percent(sure)} sure"
    text += f" (distance {each.distance:.2f}; the same up to {each.threshold:.2f})"
    return f"{text}; unlike the training data" if each.unlike else text
