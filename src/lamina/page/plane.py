"""Features to a plane, near ones near each other: t-SNE of some landmarks (van der Maaten & Hinton 2008), the others between those that
lie nearest, and then every one drawn to its own neighbours and pushed off others (as UMAP does, McInnes et al. 2018); without scikit-learn the two directions in which they differ most."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from lamina.core import Array

LANDMARKS = 1_500
WIDE = 50  # directions that are kept of the features
EXACT = 512  # columns of features, above which these are sought by iteration:
SPARE, ITERATIONS = 10, 4  # of so many more directions, which makes the last ones right, in so many rounds
BETWEEN = 5  # landmarks that a point lies between
CHECKED, NEAR = 500, 15  # points whose neighbours are looked at
SIDE = 65535
AROUND = 8  # cells in which neighbours are looked for: of the landmarks nearest to that of a point
DRAWN, PUSHED = 15, 5  # neighbours that a point is drawn to, and others, by chance, that it is pushed off at each step
STEPS, RATE = 60, 0.5
FARTHEST = 4.0  # that one push moves a point


def plane(features: Array, seed: int = 0) -> tuple[Array, bool]:
    """Places [N, 2], and whether they are of t-SNE. features: [N, F], in a mixed order: the first ones are the landmarks."""
    small = _narrowed(features)
    if len(small) < 10:
        return flat(features)
    marks = small[:LANDMARKS]
    try:
        places = _embedded(marks, seed)
    except ModuleNotFoundError:
        return flat(features)
    if len(small) > LANDMARKS:
        places = np.concatenate([places, _between(small[LANDMARKS:], marks, places)])
        places = _settled(places, _neighbours(small, marks), seed)
    return places, True


def flat(features: Array) -> tuple[Array, bool]:
    """The two directions in which they differ most [N, 2]; that it is no t-SNE."""
    return _narrowed(features)[:, :2], False


def squeezed(places: Array) -> Array:
    """[N, 2] uint16, one scale for both directions, so that shapes stay."""
    known = np.nan_to_num(places.astype(np.float64))
    low, high = np.quantile(known, [0.001, 0.999], axis=0) if len(known) else (np.zeros(2), np.ones(2))
    span = max(float((high - low).max()), 1e-9)
    middle = (high + low) / 2
    return np.round(((known - middle) / span * 0.96 + 0.5).clip(0, 1) * SIDE).astype(np.uint16)


def kept(features: Array, places: Array, seed: int = 0) -> float:
    """Of the 15 nearest in the features, the share that is among the 15 nearest on the plane; over some points."""
    if len(features) <= NEAR + 1:
        return 1.0
    small = _narrowed(features)
    some = np.random.default_rng(seed).permutation(len(small))[:CHECKED]
    shares = []
    for row in some:
        there, here = (_nearest(each, row) for each in (small, places.astype(np.float64)))
        shares.append((len(there & here) - 1) / NEAR)
    return float(np.clip(np.mean(shares), 0, 1))


def _nearest(points: Array, row: int) -> set[int]:
    away = ((points - points[row]) ** 2).sum(1)
    away[row] = -1.0
    return set(np.argpartition(away, NEAR + 1)[: NEAR + 1].tolist())


def _narrowed(features: Array) -> Array:
    """The directions in which features differ most: [N, up to 50] float32."""
    values = np.nan_to_num(features.astype(np.float32))
    values = values - values[:10_000].mean(0)
    if values.shape[1] <= 2 or not len(values):
        return np.pad(values, ((0, 0), (0, max(0, 2 - values.shape[1]))))
    found: Array = values @ _leading(values[:10_000])
    return found


def _leading(values: Array) -> Array:
    """[F, up to 50] directions in which values [n, F], of mean 0, differ most. Of many columns, whose turning takes minutes, by subspace
    iteration (Halko et al. 2011)."""
    width = values.shape[1]
    if width <= EXACT:
        some = values.astype(np.float64)
        _, turned = np.linalg.eigh(some.T @ some)
        exact: Array = turned[:, ::-1][:, :WIDE].astype(np.float32)
        return exact
    drawn = np.random.default_rng(0).standard_normal((width, min(WIDE + SPARE, len(values)))).astype(np.float32)
    for _ in range(ITERATIONS):
        drawn, _ = np.linalg.qr(values.T @ (values @ drawn))
    _, _, turned = np.linalg.svd(values @ drawn, full_matrices=False)
    found: Array = drawn @ turned.T[:, :WIDE]
    return found


def _embedded(marks: Array, seed: int) -> Array:
    from sklearn.manifold import TSNE

    start = marks[:, :2] / max(float(marks[:, 0].std()), 1e-9) * 1e-4
    around = min(30.0, max(2.0, (len(marks) - 1) / 4))
    found: Array = TSNE(
        init=start.astype(np.float32), perplexity=around, learning_rate="auto", max_iter=500, random_state=seed
    ).fit_transform(marks)
    return found


def _between(features: Array, marks: Array, places: Array) -> Array:
    """Each between the landmarks most like it, the nearer the more."""
    sizes, parts = (marks**2).sum(1), []
    for start in range(0, len(features), 4096):
        some = features[start : start + 4096]
        away = np.maximum((some**2).sum(1)[:, None] + sizes - 2 * some @ marks.T, 0)
        near = np.argpartition(away, BETWEEN, axis=1)[:, :BETWEEN]
        weight = 1 / (np.take_along_axis(away, near, 1) + 1e-6 * (1 + sizes.mean()))
        parts.append((places[near] * weight[:, :, None]).sum(1) / weight.sum(1, keepdims=True))
    found: Array = np.concatenate(parts)
    return found


def _neighbours(small: Array, marks: Array) -> Array:
    """[N, up to DRAWN] rows near each, nearly all of them the nearest: among those whose nearest landmark is that of the row, or
    one of the landmarks around it."""
    sizes, lengths = (marks**2).sum(1), (small**2).sum(1)
    cells = np.concatenate(
        [(sizes - 2 * small[start : start + 4096] @ marks.T).argmin(1) for start in range(0, len(small), 4096)]
    )
    order = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[order], np.arange(len(marks) + 1))
    held = [order[start:end] for start, end in pairwise(starts)]
    away = sizes - 2 * marks @ marks.T
    around = np.argpartition(away, AROUND, axis=1)[:, :AROUND]
    found = np.zeros((len(small), DRAWN), np.int32)
    for cell, mine in enumerate(held):
        if not len(mine):
            continue
        pool = np.unique(np.concatenate([mine, *(held[each] for each in around[cell])]))
        if len(pool) <= DRAWN:
            pool = np.unique(np.concatenate([pool, order[: 2 * DRAWN]]))
        squares = lengths[pool] - 2 * small[mine] @ small[pool].T
        squares[pool == mine[:, None]] = np.inf  # nobody is drawn to itself
        found[mine] = pool[np.argpartition(squares, DRAWN - 1, axis=1)[:, :DRAWN]]
    return found


def _settled(places: Array, near: Array, seed: int) -> Array:
    """Places [N, 2] after some steps in which each is drawn to its neighbours [N, k], by whom it is drawn as well, and pushed off others,
    on a plane that grows with the number of points, so that there is room."""
    rng = np.random.default_rng(seed)
    count = len(places)
    here, there = np.repeat(np.arange(count), near.shape[1]), near.ravel()
    here, there = np.concatenate([here, there]), np.concatenate([there, here])
    drawn = np.bincount(here, minlength=count)
    found: Array = places * math.sqrt(count / LANDMARKS)
    for step in range(STEPS):
        apart = found[here] - found[there]
        pull = -2 / (1 + (apart**2).sum(1))
        moved = np.stack([np.bincount(here, pull * apart[:, axis], count) for axis in (0, 1)], 1) / drawn[:, None]
        apart = found[:, None] - found[rng.integers(0, count, (count, PUSHED))]
        squares = (apart**2).sum(2, keepdims=True)
        pushes = (2 * apart / ((0.01 + squares) * (1 + squares))).clip(-FARTHEST, FARTHEST)
        found = found + RATE * (1 - step / STEPS) * (moved + pushes.mean(1))
    return found
