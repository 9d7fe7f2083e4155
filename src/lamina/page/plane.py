"""Features to a plane, near ones near each other: t-SNE of some landmarks (van der Maaten & Hinton 2008), the others between those that
lie nearest; without scikit-learn the two directions in which they differ most."""

from __future__ import annotations

import numpy as np

from lamina.core import Array

LANDMARKS = 1_500
WIDE = 50  # directions that are kept of the features
BETWEEN = 5  # landmarks that a point lies between
CHECKED, NEAR = 500, 15  # points whose neighbours are looked at
SIDE = 65535


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
    some = values[:10_000].astype(np.float64)
    _, turned = np.linalg.eigh(some.T @ some)
    found: Array = values @ turned[:, ::-1][:, :WIDE].astype(np.float32)
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
