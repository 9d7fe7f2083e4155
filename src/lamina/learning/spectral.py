"""A given number of groups among features: cut out of the graph of near rows, where a linear rule tells them for new rows too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.core import Array
from lamina.learning.graph import Graph, turned

ENOUGH = 20  # rows for each feature and group, fewer of which do not tell how features vary together
EVEN = 0.1  # of its even share of the rows, at least, for a group: smaller ones are crumbs that the graph is loosely tied to
TOLD = 0.95  # of rows set aside whose group the rule gives, at least
MORE = 1.0, 1.25, 1.5  # directions for each group: a group may show only in one of those after the first
TOLERANCE = 1e-6  # of eigenvalues
RIDGE = 1e-3  # of the usual spread, added to every direction


@dataclass(frozen=True, slots=True)
class Rule:
    """axes: [F, d] on which features are looked at, so that within groups they vary by 1 in all directions; means: [K, d] there;
    weights: [K] share of each group."""

    axes: Array
    means: Array
    weights: Array

    def __call__(self, x: Array) -> Array:
        """[N] the group of each row of features [N, F]."""
        away = x @ self.axes @ self.means.T - (self.means**2).sum(1) / 2
        found: Array = (away + np.log(self.weights)).argmax(1)
        return found


def rule(x: Array, count: int, rng: np.random.Generator) -> Rule | None:
    """A rule for so many groups of features x [N, F]; None where the rows are too few, the graph falls into pieces, or no
    linear rule tells its groups of rows that it was not made from.

    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(0, 1, (600, 3)) + 2.6 * (np.arange(600) % 2)[:, None]
    >>> found = rule(x, 2, rng)(x)
    >>> bool((found[::2] == found[0]).mean() > 0.95), bool((found[1::2] == found[0]).mean() < 0.05)
    (True, True)
    """
    if len(x) < ENOUGH * (x.shape[1] + count):
        return None
    group = partition(x, count, rng)
    if group is None or np.bincount(group, minlength=count).min() < EVEN * len(x) / count:
        return None
    aside = rng.random(len(x)) < 0.5
    if np.bincount(group[~aside], minlength=count).min() < 2:
        return None
    if (discriminant(x[~aside], group[~aside])(x[aside]) == group[aside]).mean() < TOLD:
        return None
    return discriminant(x, group)


def partition(x: Array, count: int, rng: np.random.Generator) -> Array | None:
    """[N] the group of each row: of the ties between near rows as few are cut as can be (spectral clustering, Ng, Jordan and Weiss
    2002). Several numbers of directions are tried; the least normalised cut (Shi and Malik 2000) decides. None where the
    graph falls into parts that nothing ties, or nothing is found."""
    from scipy.sparse import diags_array
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh
    from sklearn.cluster import KMeans

    ties = Graph.of(turned(x, rng), rng).ties
    if (
        connected_components(ties, directed=False)[0] > 1
    ):  # their eigenvalues are the same, and ARPACK finds one of each
        return None
    degree = np.maximum(np.asarray(ties.sum(1)).ravel(), 1e-12)
    scale = diags_array(1 / np.sqrt(degree))
    widths = sorted({min(math.ceil(each * count), len(x) - 1) for each in MORE})
    start = rng.standard_normal(len(x))  # else ARPACK draws one, and no run repeats
    try:
        _, vectors = eigsh(scale @ ties @ scale, k=widths[-1], which="LA", tol=TOLERANCE, v0=start)
    except ArpackNoConvergence:
        return None
    seed, tried = int(rng.integers(2**31)), list[Array]()
    for width in widths:
        places = vectors[:, -width:]
        places = places / np.maximum(np.linalg.norm(places, axis=1, keepdims=True), 1e-12)
        tried.append(KMeans(count, n_init=5, random_state=seed).fit_predict(places))
    return min(tried, key=lambda group: _cut(ties, degree, group, count))


def _cut(ties: Any, degree: Array, group: Array, count: int) -> float:
    """Of the ties of each group, the share that leads out of it: their sum."""
    inside = np.eye(count)[group]
    kept = (inside * (ties @ inside)).sum(0) / np.maximum(degree @ inside, 1e-12)
    return float((1 - kept).sum())


def discriminant(x: Array, group: Array) -> Rule:
    """Fisher's linear discriminant: Gaussians that all vary alike. group: [N], each with two rows at least."""
    sizes = np.bincount(group)
    weights, middle = sizes / len(x), x.mean(0)
    means = np.stack([x[group == k].mean(0) for k in range(len(sizes))])
    off = x - means[group]
    within = off.T @ off / len(x)
    within += (RIDGE * np.trace(within) / len(within) + 1e-12) * np.eye(len(within))
    whiten = np.linalg.inv(np.linalg.cholesky(within)).T
    between = np.sqrt(weights)[:, None] * ((means - middle) @ whiten)
    turn = np.linalg.svd(between, full_matrices=False)[2][: min(len(sizes) - 1, x.shape[1])].T
    axes = whiten @ turn
    return Rule(axes, means @ axes, weights)
