"""Distances between features, and means of groups of near ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lamina.core import Array, chunks

AT_ONCE = 2**22  # distances at once


def squares(a: Array, b: Array) -> Array:
    """[A, B] squared distances of rows [A, F] and [B, F]."""
    result: Array = (a**2).sum(1)[:, None] - 2 * a @ b.T + (b**2).sum(1)
    return np.maximum(result, 0)


def blocks(x: Array, memory: Array) -> Iterator[tuple[slice, Array]]:
    """Rows of x [N, F], piece by piece, with their distances [n, M] to a memory [M, F].

    A row that lies in the memory itself is no neighbour of itself: one exact match of each row counts as infinitely far.
    """
    step = max(1, AT_ONCE // max(len(memory), 1))
    for start in range(0, len(x), step):
        piece = x[start : start + step]
        found = squares(piece, memory)
        if found.shape[1] > 1:
            nearest = found.argmin(1)
            every = np.arange(len(piece))
            same = found[every, nearest] <= 1e-5 * (1e-12 + (piece**2).sum(1))
            found[every[same], nearest[same]] = np.inf
        yield slice(start, start + len(piece)), np.sqrt(found)


def groups(x: Array, count: int, rng: np.random.Generator, rounds: int = 10) -> Array:
    """Means of `count` groups of near rows (Lloyd's k-means); groups of one row are dropped."""
    means = x[rng.choice(len(x), count, replace=False)]
    sizes = np.full(count, 2)
    for _ in range(rounds):
        lengths = (means**2).sum(1)
        nearest = np.concatenate([(lengths - 2 * piece @ means.T).argmin(1) for piece in chunks(x, 1024)])
        sizes = np.bincount(nearest, minlength=count)
        order = np.argsort(nearest, kind="stable")
        starts = np.searchsorted(nearest[order], np.flatnonzero(sizes))
        means[sizes > 0] = np.add.reduceat(x[order], starts) / sizes[sizes > 0, None]
    kept = means[sizes > 1]
    return kept if len(kept) else x.mean(0, keepdims=True)
