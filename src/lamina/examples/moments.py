"""Parts along time: the past teaches, what came then chooses, what came last tests."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lamina.core import Array, DataError, Json
from lamina.examples.reading import TEST, TRAIN, UNUSED, VALIDATION, count

SHARE = 0.15  # of the rows for validation, and again for the test
CAP = 10_000  # rows are enough to tell half a percent of accuracy apart


def by_time(times: Array, name: str, known: Array, given: Array | None) -> tuple[Array, Json, str]:
    """Learn from the past, choose on what came then, test on what came last; one moment is never parted.

    A test set of the user's own stays one, and the last of the other rows choose.
    """
    own = known & (given == TEST) if given is not None else np.zeros(len(times), dtype=bool)
    there = known & np.isfinite(times) & ~own
    if not there.any():
        raise DataError(f"No labelled row has a time in '{name}'. Fill it in, or leave out --time.")
    share = min(SHARE, CAP / int(there.sum()))
    moments, rows = np.unique(times[there], return_counts=True)
    if len(moments) < 3:
        raise DataError(f"'{name}' has {count(len(moments), 'moment')} only; past, later and last rows need three.")
    before = np.cumsum(rows) / rows.sum()
    last = min(max(2, int(np.searchsorted(before, 1 - share)) + 1), len(moments) - 1)
    if own.any():
        edges = [float(moments[last]), math.inf]
        how = (
            f"the test set as given; along '{name}' the past teaches and the last {share:.0%} of the other rows choose"
        )
    else:
        first = min(max(1, int(np.searchsorted(before, 1 - 2 * share)) + 1), last - 1)
        edges = [float(moments[first]), float(moments[last])]
        how = f"along '{name}': the past teaches, the last {share:.0%} of the rows test"
    parts = cut(times, edges)
    parts[own] = TEST
    parts[~known & (parts != TRAIN)] = UNUSED
    return parts, {"by": "time", "edges": [edge if math.isfinite(edge) else None for edge in edges]}, how


def cut(times: Array, edges: Sequence[float | None]) -> Array:
    """Parts [N] by the edges that `by_time` settled; rows without a time are not used."""
    first, last = (math.inf if edge is None else edge for edge in edges)
    parts = np.where(times < first, TRAIN, np.where(times < last, VALIDATION, TEST)).astype(np.int8)
    parts[~np.isfinite(times)] = UNUSED
    return parts
