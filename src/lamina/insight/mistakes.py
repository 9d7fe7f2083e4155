"""The answers most worth looking at: wrong though sure, or far from the truth. They show bad labels, too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamina.core import Array


@dataclass(frozen=True, slots=True)
class Confident:
    """A wrong answer. row: its position among the judged rows; said, truth: class codes; doubt: what truth got."""

    row: int
    said: int
    truth: int
    confidence: float
    doubt: float


@dataclass(frozen=True, slots=True)
class Residual:
    """A number far from its truth; error: said - truth."""

    row: int
    said: float
    truth: float
    error: float


def confident(probabilities: Array, target: Array, count: int = 12) -> list[Confident]:
    """The wrong answers of highest confidence. probabilities: [N, K]; target: [N] codes."""
    said = probabilities.argmax(axis=1)
    sure = probabilities[np.arange(len(said)), said]
    wrong = np.flatnonzero(said != target)
    order = wrong[np.argsort(-sure[wrong], kind="stable")][:count]
    return [
        Confident(int(row), int(said[row]), int(target[row]), float(sure[row]), float(probabilities[row, target[row]]))
        for row in order
    ]


def largest(value: Array, target: Array, count: int = 12) -> list[Residual]:
    """The numbers farthest from their truth. value, target: [N]; rows with a NaN are left out."""
    value, target = np.asarray(value, dtype=float).ravel(), np.asarray(target, dtype=float).ravel()
    error = value - target
    known = np.flatnonzero(np.isfinite(error))
    order = known[np.argsort(-np.abs(error[known]), kind="stable")][:count]
    return [Residual(int(row), float(value[row]), float(target[row]), float(error[row])) for row in order]
