"""How much made examples are like real ones, told in the features of a network that sees them: not one figure says it all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lamina.core import Array, chunks

NEAR = 5  # neighbours whose farthest one says how large the surroundings of a real example are
AT_ONCE = 2**23  # distances that are worked out together


def frechet(one: Array, other: Array) -> float:
    """Fréchet distance of two clouds of features [N, F], as if both were normal: 0 where mean and covariance agree
    (Dowson & Landau 1982; on features of a network, Heusel et al. 2017). Few rows make it larger: never compare it with
    one of other features, or of another number of rows.

    >>> frechet(np.array([[0.0], [2.0]]), np.array([[3.0], [5.0]]))
    9.0
    """
    a, b = one.astype(np.float64), other.astype(np.float64)
    first, second = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (a, b))
    values, axes = np.linalg.eigh(first)
    root = (axes * np.sqrt(np.clip(values, 0, None))) @ axes.T
    # The trace of the root of first @ second, by way of a symmetric product that has the same eigenvalues.
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(root @ second @ root), 0, None)).sum()
    apart = np.square(a.mean(0) - b.mean(0)).sum()
    return float(max(0.0, apart + np.trace(first) + np.trace(second) - 2 * shared))


def density_coverage(real: Array, made: Array, near: int = NEAR) -> tuple[float, float]:
    """How densely made ones lie among real ones (about 1 where they are alike, more where they keep to what is usual), and
    the share of the real ones that have a made one nearby (Naeem et al. 2020). Nearby is within the distance of the
    `near`-th real neighbour.

    >>> spread = np.arange(20.0)[:, None]
    >>> density_coverage(spread, spread + 0.1)[1], density_coverage(spread, 0 * spread + 3)[1]
    (1.0, 0.35)
    """
    near = min(near, len(real) - 1)
    radii = np.concatenate([np.partition(each, near, 1)[:, near] for each in _rows_apart(real, real)])
    inside, covered = 0, np.zeros(len(real), bool)
    for some in _rows_apart(made, real):
        within = some <= radii
        inside += int(within.sum())
        covered |= within.any(0)
    return inside / (near * len(made)), float(covered.mean())


def nearest(rows: Array, known: Array) -> tuple[Array, Array]:
    """For each of `rows` [N, F] the place of the nearest of `known`, and how far that is.

    >>> nearest(np.array([[1.0], [9.0]]), np.array([[8.0], [0.0]]))[0].tolist()
    [1, 0]
    """
    places, apart = [], []
    for some in _rows_apart(rows, known):
        place = some.argmin(1)
        places.append(place)
        apart.append(some[np.arange(len(some)), place])
    return np.concatenate(places), np.concatenate(apart)


def diversity(rows: Array) -> float:
    """How far apart examples lie from each other: the root of the mean squared distance from their middle."""
    return float(np.sqrt(np.square(rows - rows.mean(0)).sum(1).mean()))


def _rows_apart(rows: Array, known: Array) -> Iterator[Array]:
    """Distances [n, M] of pieces of `rows` from all of `known`, as they are asked for."""
    lengths = np.square(known, dtype=np.float64).sum(1)

    def apart(some: Array) -> Array:
        squares = np.square(some, dtype=np.float64).sum(1)[:, None] + lengths - 2 * (some @ known.T)
        found: Array = np.sqrt(np.clip(squares, 0, None))
        return found

    return (apart(some) for some in chunks(rows, max(1, AT_ONCE // len(known))))
