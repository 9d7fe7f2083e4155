"""Gradient boosting on tables, by scikit-learn: the rival that tables are usually lost to."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any

import numpy as np

from lamina.core import Array, chunks
from lamina.learning._lesson import AT_ONCE, Lesson, room, said, subsample

TREES = 100
FEWEST = 20
THREADS = 8
FEW = 1000  # rows whose trees are grown without timing some first, where every class has so many seconds
AMPLE = 0.5
COLUMNS = 1000  # at most: scikit-learn takes half a millisecond for each, whatever it holds
CODES = 255  # more words than this, and a column's codes are taken as a number


def load() -> None:
    """Load scikit-learn beside the learning, which leaves it a core: two or three seconds of every report on a table."""
    Thread(target=_load).start()


def _load() -> None:
    with suppress(ImportError):  # said by what needs it
        from sklearn import ensemble  # noqa: F401


def boosting(
    lesson: Lesson,
    tables: Mapping[str, Array],
    sizes: Mapping[str, Sequence[int]],
    seconds: float,
    rng: np.random.Generator,
) -> tuple[Array | None, int, str]:
    """Raw answers of the judged rows, rows learned from, note. Missing numbers stay missing: its trees take them.

    Loading scikit-learn the first time, a few seconds, comes on top of `seconds`, where `load` has not done it before.
    """
    try:
        from sklearn import ensemble
        from threadpoolctl import ThreadpoolController  # scikit-learn brings it
    except ImportError:
        return None, 0, "left out: scikit-learn is not installed (pip install 'lamina[learn]')"
    every = list(tables.values())
    X = every[0] if len(every) == 1 else np.concatenate(every, axis=1)
    known = np.array([size for name in tables for size in sizes[name]])
    width = X.shape[1]
    if width > COLUMNS:
        telling = _telling(X, lesson, subsample(lesson, FEW, rng))
        X, known = X[:, telling], known[telling]
    lists = (known > 0) & (known <= CODES)
    kind: Any = (
        ensemble.HistGradientBoostingRegressor if lesson.task == "number" else ensemble.HistGradientBoostingClassifier
    )
    runs = lesson.classes if lesson.task == "tags" else 1

    # Half of the cores: threads that wait for each other's turn on a busy machine cost tenfold.
    threads = max(1, min(THREADS, (os.cpu_count() or 2) // 2))
    controller, even = ThreadpoolController(), bool((lesson.weight == lesson.weight[0]).all())

    def fit(rows: Array, trees: int, tag: int) -> Any:
        y = lesson.target[rows, tag] if lesson.target.ndim == 2 else lesson.target[rows]
        options = {"max_iter": trees, "learning_rate": min(0.3, 0.1 * TREES / trees), "early_stopping": False}
        made = kind(**options, categorical_features=lists, random_state=int(rng.integers(2**31)))
        if len(np.unique(y)) < 2:
            return None
        with controller.limit(limits=threads, user_api="openmp"):
            # Without weights where they are all one: binning is far slower with them.
            return made.fit(X[rows], y, None if even else lesson.weight[rows])

    rows, trees = _affordable(lesson, fit, seconds / runs, room(lesson, X.shape[1]), rng)
    if not trees:
        return None, 0, f"left out: it would have taken longer than its {seconds:.1f} s"
    raws = []
    for tag in range(runs):
        model = fit(rows, trees, tag)
        with controller.limit(limits=threads, user_api="openmp"):
            parts = [_raw(lesson, model, X[some], tag) for some in chunks(lesson.judged, AT_ONCE)]
            raws.append(np.concatenate(parts) if parts else np.zeros((0, lesson.classes)))
    note = said(rows, lesson)
    if trees < TREES:
        note = f"{note}; {trees} trees" if note else f"{trees} trees instead of {TREES}, to stay within its time"
    if width > COLUMNS:
        seen = f"of {width:,} columns it saw the {COLUMNS:,} that go best with the answer"
        note = f"{note}; {seen}" if note else seen
    return np.concatenate(raws, axis=1), len(rows), note


def _telling(X: Array, lesson: Lesson, rows: Array) -> Array:
    """Places of the columns that vary most with the target on these training rows, in order."""
    X, target = X[rows], lesson.target[rows]
    Y = np.eye(lesson.classes)[target.astype(int)] if lesson.task == "category" else target.reshape(len(X), -1)
    known = np.isfinite(X)
    Z = np.where(known, X, 0) - np.where(known, X, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    Z *= known
    spread = np.square(Z).sum(axis=0)
    together = np.square(Z.T @ (Y - Y.mean(axis=0))).sum(axis=1)
    shares = np.divide(together, spread, out=np.zeros(len(spread)), where=spread > 0)
    return np.sort(np.argsort(-shares, kind="stable")[:COLUMNS])


def _affordable(lesson: Lesson, fit: Any, seconds: float, most: float, rng: np.random.Generator) -> tuple[Array, int]:
    """Rows (at most `most`) and trees that fit the time, by timing few trees on few rows and on more; 0: nothing does."""
    if len(lesson.rows) <= FEW and seconds >= AMPLE * lesson.classes:
        return lesson.rows, TREES

    def timed(most: int, trees: int) -> float:
        rows = subsample(lesson, most, rng)
        start = time.perf_counter()
        fit(rows, trees, 0)
        return time.perf_counter() - start

    fit(subsample(lesson, 200, rng), 1, 0)  # the first call is slow for other reasons
    once, short, long = (min(timed(most, trees) for _ in range(2)) for most, trees in ((1000, 1), (1000, 4), (5000, 4)))
    every = len(lesson.rows)
    few, more = min(1000, every), min(5000, every)
    per_row = max(0.0, (long - short) / (more - few) / 4) if more > few else 0.0
    per_tree = max(0.0, (short - once) / 3 - per_row * few)
    for trees, least in ((TREES, every), (50, every), (50, 5000), (FEWEST, 200)):
        spare = (0.7 * seconds - once) / trees - per_tree  # the rest is for answering, and for the machine's moods
        if spare > 0 and spare >= per_row * min(least, every):
            return subsample(lesson, min(spare / per_row if per_row else every, most), rng), trees
    return lesson.rows[:0], 0


def _raw(lesson: Lesson, model: Any, X: Array, tag: int) -> Array:
    if lesson.task == "number":
        value = np.full(len(X), lesson.target[lesson.rows].mean()) if model is None else model.predict(X)
        return np.asarray(value, dtype=float)[:, None]
    if lesson.task == "tags":
        share = lesson.target[lesson.rows, tag].mean() if model is None else model.predict_proba(X)[:, 1]
        share = np.clip(np.broadcast_to(share, len(X)), 1e-6, 1 - 1e-6)
        return np.asarray(np.log(share / (1 - share)))[:, None]
    raw = np.full((len(X), lesson.classes), 1e-6)
    seen = lesson.target[lesson.rows[:1]] if model is None else model.classes_
    raw[:, np.asarray(seen, dtype=int)] = 1.0 if model is None else np.maximum(model.predict_proba(X), 1e-6)
    return np.asarray(np.log(raw / raw.sum(axis=1, keepdims=True)))
