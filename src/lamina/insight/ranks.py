"""Ranks, and how alike two rankings are. NumPy only."""

from __future__ import annotations

import numpy as np

from lamina.core import Array


def ranks(values: Array) -> Array:
    """From 1, ties sharing the middle of theirs: `ranks(np.array([5, 1, 5])).tolist() == [2.5, 1.0, 2.5]`."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: Array = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return found


def similarity(one: Array, other: Array) -> float:
    """Spearman's rank correlation of two maps; 0 where one of them is the same everywhere."""
    a, b = ranks(np.asarray(one, np.float64).ravel()), ranks(np.asarray(other, np.float64).ravel())
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 0 else 0.0
