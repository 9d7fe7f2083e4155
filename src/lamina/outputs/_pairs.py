"""Pairs of rows by how far they lie from each other: of the same one, and of different ones. NumPy only.

A distance is 1 less the cosine: 0 the same direction, 1 unrelated, 2 opposite.
"""

from __future__ import annotations

import numpy as np

from lamina.core import Array

BINS = 10_000  # of distances from 0 to 2: figures need no finer ones
MOST = 2_000  # rows that are paired: two million pairs
BLOCK = 512  # rows paired at once


def distances(a: Array, b: Array) -> Array:
    """[N, M] from places [N, E] and [M, E]."""
    found: Array = np.clip(1 - unit(a) @ unit(b).T, 0, 2)
    return found


def unit(raw: Array) -> Array:
    """[N, E] of length one."""
    raw = np.asarray(raw, np.float64)  # so that a pair has the same distance whatever rows are beside it
    found: Array = raw / np.maximum(np.sqrt(np.square(raw).sum(1, keepdims=True)), 1e-12)
    return found


def whole(target: Array, most: int = MOST) -> Array:
    """Rows of as many whole ones as fit into `most` rows, one after the other: then their pairs are all there."""
    if len(target) <= most:
        return np.arange(len(target))
    _, codes, counts = np.unique(target, return_inverse=True, return_counts=True)
    kept = np.cumsum(counts) <= most
    kept[0] = True
    return np.flatnonzero(kept[codes])[:most]


def counted(raw: Array, target: Array, weight: Array | None = None) -> tuple[Array, Array]:
    """How many pairs of the same one, and of different ones, lie at each distance: [BINS] each.

    A pair weighs what its rows weigh, multiplied. Rows with the same numbers are one row said twice, and no pair.
    """
    rows = whole(target)
    raw, target = np.ascontiguousarray(raw[rows], np.float32), target[rows]
    weight = np.ones(len(rows)) if weight is None else weight[rows]
    said = raw.view(np.dtype((np.void, raw.dtype.itemsize * raw.shape[1])))[:, 0] if len(raw) else raw[:, 0]
    example = np.unique(said, return_inverse=True)[1]
    same, other = np.zeros(BINS), np.zeros(BINS)
    for start in range(0, len(raw), BLOCK):
        end = min(start + BLOCK, len(raw))
        place = np.minimum((distances(raw[start:end], raw) * (BINS / 2)).astype(np.int32), BINS - 1)
        pair = (np.arange(start, end)[:, None] < np.arange(len(raw))) & (example[start:end, None] != example)
        alike = target[start:end, None] == target
        heavy = weight[start:end, None] * weight
        same += np.bincount(place[pair & alike], heavy[pair & alike], BINS)
        other += np.bincount(place[pair & ~alike], heavy[pair & ~alike], BINS)
    return same, other


def rates(same: Array, other: Array) -> tuple[Array, Array]:
    """At each of BINS + 1 thresholds from 0 to 2: the share of the same that are missed since they lie beyond it, and of
    the different that are taken for the same since they lie within."""
    return (
        1 - np.append(0.0, np.cumsum(same)) / max(same.sum(), 1e-12),
        np.append(0.0, np.cumsum(other)) / max(other.sum(), 1e-12),
    )


def equal(same: Array, other: Array) -> tuple[float, float]:
    """The rate at which as large a share of the same is missed as of the different is taken for the same, and the
    distance where that is so (the middle, where there are several). nan where one of the two has no pair."""
    if not same.sum() or not other.sum():
        return float("nan"), float("nan")
    missed, taken = rates(same, other)
    apart = missed - taken  # falls from 1 to -1
    level = np.flatnonzero(np.abs(apart) < 1e-12)
    if len(level):
        return float(missed[level[0]]), float(level.mean() * 2 / BINS)
    after = int(np.argmax(apart < 0))
    share = apart[after - 1] / (apart[after - 1] - apart[after])
    rate = missed[after - 1] + share * (missed[after] - missed[after - 1])
    return float(rate), float((after - 1 + share) * 2 / BINS)


def loss(same: Array, other: Array, threshold: float, slope: float, doubt: float = 0.0) -> float:
    """Mean log loss of sigmoid(slope · (threshold - distance)) as the probability of "the same", both kinds of pairs
    counting half. doubt: share of pairs that are told wrong (Platt 2000), so that no finite number of them makes sure."""
    at = (np.arange(BINS) + 0.5) * 2 / BINS
    yes, no = np.logaddexp(0, -slope * (threshold - at)), np.logaddexp(0, slope * (threshold - at))
    told = [(1 - doubt) * right + doubt * wrong for right, wrong in ((yes, no), (no, yes))]
    return float(
        sum((count @ each) / max(count.sum(), 1e-12) for count, each in zip((same, other), told, strict=True)) / 2
    )
