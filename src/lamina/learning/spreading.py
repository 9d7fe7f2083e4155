"""Labels spread from the rows that have one to those that have none, along the ties between near rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamina.core import Array

MANY = 100  # labels a class, from which on they are spread as they are
ROUNDS = 300  # of the solver
CLOSE = 1e-4  # share of what is to be explained that may be left unexplained
LEAK = 1e-6  # of what a row holds: so that parts of the graph that nothing ties have an answer, too
SURE = 2.0  # what the usual lead of an answer is set to before it is calibrated
COLUMNS = 2**25  # numbers at once: with many classes, some classes after the others


def method_for(labels: Array) -> str:
    """Which way of spreading suits so many labels: [n] class numbers."""
    counts = np.unique(labels, return_counts=True)[1]
    return "laplace" if counts.mean() > MANY else "poisson"


def spread(ties: Any, rows: Array, labels: Array, classes: int, method: str) -> Array:
    """[N, K] how much speaks for each class, the more the better. method: of `method_for`.

    Poisson learning (Calder et al. 2020) where labels are few: each label is a source, and what flows from it says more
    than what a label forces on its neighbours, which fades within a few steps. Laplace learning (Zhu et al. 2003) where they are
    many. ties: sparse [N, N], symmetric. rows: [n] those with a label; labels: [n] class numbers.

    >>> from scipy.sparse import csr_array
    >>> line = csr_array(np.eye(6, k=1) + np.eye(6, k=-1))
    >>> spread(line, np.array([0, 5]), np.array([0, 1]), 2, "poisson").argmax(1).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    return (laplace if method == "laplace" else poisson)(ties, rows, labels, classes)


def poisson(ties: Any, rows: Array, labels: Array, classes: int) -> Array:
    """[N, K]: what each class's sources hold, with classes as frequent as their labels are."""
    count = ties.shape[0]
    degree = np.maximum(np.asarray(ties.sum(1)).ravel(), 1e-12)
    root = 1 / np.sqrt(degree)
    share = np.bincount(labels, minlength=classes) / len(labels)
    found = np.empty((count, classes), np.float32)
    for columns in _pieces(count, classes):
        source = np.zeros((count, len(columns)))
        source[rows] = (labels[:, None] == columns) - share[columns]
        held = _solved(lambda x: (1 + LEAK) * x - root[:, None] * (ties @ (root[:, None] * x)), root[:, None] * source)
        found[:, columns] = root[:, None] * held
    return found


def laplace(ties: Any, rows: Array, labels: Array, classes: int) -> Array:
    """[N, K]: the share of each class among the labels that a walk from the row meets first."""
    count = ties.shape[0]
    open_rows = np.ones(count, bool)
    open_rows[rows] = False
    free = np.flatnonzero(open_rows)
    degree = np.maximum(np.asarray(ties.sum(1)).ravel(), 1e-12)
    found = np.zeros((count, classes), np.float32)
    found[rows, labels] = 1
    if not len(free):
        return found
    among, towards = ties[free][:, free], ties[free][:, rows]
    root = 1 / np.sqrt(degree[free])
    for columns in _pieces(len(free), classes):
        met = towards @ (labels[:, None] == columns).astype(np.float64)
        held = _solved(lambda x: (1 + LEAK) * x - root[:, None] * (among @ (root[:, None] * x)), root[:, None] * met)
        found[np.ix_(free, columns)] = root[:, None] * held
    return found


def lead(raw: Array) -> float:
    """What turns raw answers to the scale of logits: the usual lead of the best becomes `SURE`."""
    if raw.shape[1] < 2:
        return 1.0
    top = np.partition(raw, raw.shape[1] - 2, axis=1)[:, -2:]
    lead = float(np.median(np.abs(top[:, 1] - top[:, 0])))
    return SURE / lead if lead > 0 else 1.0


def _pieces(count: int, classes: int) -> list[Array]:
    return np.array_split(np.arange(classes), max(1, -(-count * classes // COLUMNS)))


def _solved(times: Any, wanted: Array) -> Array:
    """x [N, K] with times(x) = wanted, by conjugate gradients on each column (Hestenes and Stiefel 1952)."""
    x = np.zeros_like(wanted)
    left = wanted.copy()
    way = left.copy()
    size = (left * left).sum(0)
    small = CLOSE**2 * size
    for _ in range(ROUNDS):
        if (size <= small).all():
            break
        moved = times(way)
        step = np.where(size > small, size / np.maximum((way * moved).sum(0), 1e-300), 0.0)
        x += step * way
        left -= step * moved
        new = (left * left).sum(0)
        way = left + np.where(size > 0, new / np.maximum(size, 1e-300), 0.0) * way
        size = new
    return x
