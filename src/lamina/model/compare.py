"""Are two examples of the same one? Distances of what a network makes of them, against a settled threshold."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lamina.core import Array, DataError, Json, PlanError
from lamina.model.intake import row_names
from lamina.model.predictions import percent
from lamina.outputs.identity import Identity

if TYPE_CHECKING:
    from lamina.model.model import Model


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


def compare(model: Model, a: Any, b: Any) -> Comparisons:
    """As `Model.compare`.

    Raises:
        PlanError: the model answers something else.
        DataError: an example cannot be read.
    """
    model.must_answer()
    output = next(iter(model.outputs.values()), None)
    if not isinstance(output, Identity):
        raise PlanError(
            "This model compares nothing. To tell whether two examples are of the same one, learn "
            "that: lamina learn PATH --target COLUMN --verify."
        )
    places, unlike, names = zip(*(_placed(model, each) for each in (a, b)), strict=True)
    distance, probability = output.same(*places)
    return Comparisons(names, distance, probability, output.threshold, unlike)


def _placed(model: Model, source: Any) -> tuple[Array, Array, list[str]]:
    """Places [N, E] of examples, which of them are unlike the training data, and their names."""
    examples = model.read(source)
    raws, features, problems, nothing = model.raw(examples)
    names = row_names(examples) or [f"row {row + 1}" for row in range(len(examples))]
    if len(nothing):
        row = int(nothing[0])
        raise DataError(f"{names[row]} {problems.get(row, 'holds nothing')}: there is nothing to compare.")
    unlike = np.zeros(len(examples), bool) if model.novelty is None else model.novelty.unlike(features)
    unlike[list(model.intake.unlike(examples))] = True
    return next(iter(raws.values())), unlike, names
