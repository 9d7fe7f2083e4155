"""Linear baselines in plain NumPy: ridge for numbers, logistic regression for categories and tags."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lamina.core import Array, chunks
from lamina.learning._lesson import AT_ONCE, VALUES, Lesson, few_pixels, room, said, subsample

WORDS = 64  # one-hot columns of one category; rarer words share one
SIDE = 16  # of an image, its pixels averaged
STEPS = 30  # as good as 180 on tables and digits
PICTURES = 20_000  # that teach: three times as many take three times as long, and gain half a percent on digits


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of a table become linear features. numbers: their places, with median and scale of each; gaps: which
    of them are missing in some row; words: place of each category, with the codes of its frequent words."""

    numbers: Array
    median: Array
    scale: Array
    gaps: Array
    words: list[tuple[int, Array]]


def linear(
    lesson: Lesson,
    tables: Mapping[str, Array],
    sizes: Mapping[str, Sequence[int]],
    images: Mapping[str, Array],
    seconds: float,
    rng: np.random.Generator,
) -> tuple[Array | None, int, str]:
    """Raw answers of the judged rows, rows learned from, note."""
    probe = subsample(lesson, 5000, rng)
    features = _features(probe, tables, sizes, images)
    features(probe[:50])  # the first call is slow for other reasons
    start = time.perf_counter()
    X = features(probe)
    prepare = (time.perf_counter() - start) / len(probe)
    width, solves = X.shape[1], 6 if lesson.task == "number" else 2
    wide = width > len(lesson.rows)
    if wide:  # every set of coefficients that rows could tell apart lies in the space that they span
        most = float(len(lesson.rows))
        needed = (prepare + 4e-10 * width * most) * most + solves * 1e-10 * most**3 + prepare * len(lesson.judged)
        most = most if needed < 0.7 * seconds else 0.0
    else:
        solve = 1e-10 * width**3 * solves
        start = time.perf_counter()
        _ = X.T @ X
        gram = time.perf_counter() - start
        start = time.perf_counter()
        _slope(X, X, X[:, :1], np.zeros((width, lesson.classes), X.dtype), lesson.task == "category")
        step = time.perf_counter() - start
        per_row = prepare + (2 * gram if lesson.task == "number" else gram + STEPS * step) / len(probe)
        left = 0.7 * seconds - solve - prepare * len(lesson.judged)
        most = min(left / per_row, room(lesson, width) if tables else PICTURES)
    if most < min(100, len(lesson.rows)):
        return None, 0, f"left out: it would have taken longer than its {seconds:.1f} s"

    rows = subsample(lesson, most, rng)
    features = _features(rows, tables, sizes, images)

    def answered(B: Array) -> Array:
        B = turn @ B if wide else B
        parts = [features(some) @ B for some in chunks(lesson.judged, AT_ONCE)]
        return np.concatenate(parts).astype(float) if parts else np.zeros((0, *B.shape[1:]))

    X, y, weight = features(rows), lesson.target[rows], lesson.weight[rows]
    if wide:
        turn = np.linalg.qr(X.T)[0]
        X = X @ turn
    weight = (weight / max(weight.mean(), 1e-12)).astype(X.dtype)
    if lesson.task == "number":
        B, mean = _ridge(X, y.astype(float), weight, rng)
        raw = answered(B)[:, None] + mean
    else:
        Y = np.eye(lesson.classes, dtype=X.dtype)[y.astype(int)] if lesson.task == "category" else y.astype(X.dtype)
        B = _logistic(X, Y, weight, lesson.task == "category", time.perf_counter() + 0.6 * seconds)
        raw = answered(B)
        if lesson.task == "category":
            raw = _log_softmax(raw)
    return raw, len(rows), said(rows, lesson)


def _features(
    rows: Array, tables: Mapping[str, Array], sizes: Mapping[str, Sequence[int]], images: Mapping[str, Array]
) -> Callable[[Array], Array]:
    """A function from positions to [n, F] features, its scales fixed on `rows`; the first column is 1."""
    columns = {name: _columns(values, rows, sizes[name]) for name, values in tables.items()}
    means = {name: few_pixels(values, rows[:2000], SIDE).mean(axis=0) for name, values in images.items()}

    def features(chosen: Array) -> Array:
        parts = [np.ones((len(chosen), 1), np.float32)]
        for name, values in tables.items():
            parts += _told(values, chosen, columns[name])
        parts += [few_pixels(values, chosen, SIDE) - means[name] for name, values in images.items()]
        return np.concatenate(parts, axis=1)

    return features


def _columns(values: Array, rows: Array, sizes: Sequence[int]) -> Columns:
    numbers = np.flatnonzero(np.array(sizes) == 0)
    median, scale, gaps = np.zeros(len(numbers)), np.ones(len(numbers)), np.ones(len(numbers), bool)
    for some in chunks(np.arange(len(numbers)), max(1, int(VALUES / len(rows)))):
        cells = values[np.ix_(rows, numbers[some])]
        cells[~np.isfinite(cells)] = np.nan
        cells.sort(axis=0)  # what is missing comes last
        count = np.isfinite(cells).sum(axis=0)
        gaps[some] = count < len(cells)
        middle = np.maximum(np.stack([(count - 1) // 2, count // 2]), 0)
        median[some] = np.where(count > 0, np.take_along_axis(cells, middle, axis=0).mean(axis=0), 0.0)
        spread = np.sqrt(np.nansum(np.square(cells - np.nansum(cells, 0) / np.maximum(count, 1), dtype=float), 0))
        scale[some] = np.where(spread > 0, spread / np.sqrt(np.maximum(count, 1)), 1.0)
    words = []
    for place in np.flatnonzero(np.array(sizes)).tolist():
        counts = np.bincount(values[rows, place].astype(int), minlength=sizes[place])
        often = np.argsort(-counts, kind="stable")[:WORDS]
        words.append((place, often[counts[often] > 0]))
    return Columns(numbers, median.astype(np.float32), scale.astype(np.float32), np.flatnonzero(gaps), words)


def _told(values: Array, chosen: Array, columns: Columns) -> list[Array]:
    """Features of the rows `chosen`: numbers, which of them are missing, words."""
    cells = values[np.ix_(chosen, columns.numbers)]
    gone = ~np.isfinite(cells)
    cells = np.where(gone, columns.median, cells) - columns.median
    cells /= columns.scale
    np.clip(cells, -10, 10, out=cells)  # one outlier must not decide
    parts = [cells, gone[:, columns.gaps].astype(np.float32)]
    return parts + [
        (values[chosen, place].astype(int)[:, None] == codes).astype(np.float32) for place, codes in columns.words
    ]


def _ridge(X: Array, y: Array, weight: Array, rng: np.random.Generator) -> tuple[Array, float]:
    """Coefficients and offset; the penalty that answers a held-out fifth best."""
    mean = float(np.average(y, weights=weight))
    y = y - mean
    held = rng.random(len(y)) < 0.2
    best = 10.0
    if 10 < held.sum() < len(y) - 10:
        gram, right = _normal(X[~held], y[~held], weight[~held])
        errors = {}
        for penalty in (0.1, 1.0, 10.0, 100.0, 1000.0):
            B = np.linalg.solve(gram + penalty * np.eye(len(gram)), right)
            errors[penalty] = float(np.average(np.square(X[held] @ B - y[held]), weights=weight[held]))
        best = min(errors, key=errors.__getitem__)
    gram, right = _normal(X, y, weight)
    return np.asarray(np.linalg.solve(gram + best * np.eye(len(gram)), right)), mean


def _normal(X: Array, y: Array, weight: Array) -> tuple[Array, Array]:
    weighted = X * weight[:, None]
    return (weighted.T @ X).astype(float), (weighted.T @ y.astype(X.dtype)).astype(float)


def _logistic(X: Array, Y: Array, weight: Array, softmax: bool, until: float) -> Array:
    """Coefficients [F, K] of penalised logistic regression, penalty 1.

    The curvature is at most XᵀX / 2 (softmax) or / 4 (sigmoid), whatever the coefficients (Böhning 1992): one
    factorisation serves every step, and Nesterov's momentum, restarted when it turns uphill, makes it quick.
    """
    weighted = X * weight[:, None]
    gram = (weighted.T @ X).astype(float) * (0.5 if softmax else 0.25)
    inverse = np.linalg.inv(gram + np.eye(len(gram))).astype(X.dtype)
    B = np.zeros((X.shape[1], Y.shape[1]), X.dtype)
    ahead, momentum = B, 1.0
    for _ in range(STEPS):
        slope = _slope(X, weighted, Y, ahead, softmax)
        after = ahead - inverse @ slope
        moved = after - B
        if float(np.vdot(slope, moved)) > 0:
            momentum = 1.0
        faster = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead, B = after + (momentum - 1) / faster * moved, after
        momentum = faster
        if float(np.abs(moved).max()) < 1e-3 or time.perf_counter() > until:
            break
    return B


def _slope(X: Array, weighted: Array, Y: Array, B: Array, softmax: bool) -> Array:
    raw = X @ B
    answer = np.exp(_log_softmax(raw)) if softmax else 1 / (1 + np.exp(-np.clip(raw, -30, 30)))
    slope: Array = weighted.T @ (answer - Y) + B
    return slope


def _log_softmax(raw: Array) -> Array:
    raw = raw - raw.max(axis=1, keepdims=True)
    result: Array = raw - np.log(np.exp(raw).sum(axis=1, keepdims=True))
    return result
