"""Nearest neighbours on raw pixels: what looking alike, and nothing learned, is worth."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from lamina.core import Array, chunks
from lamina.learning._lesson import Lesson, few_pixels, said, subsample

NEAREST = 5
SIDE = 16
COMPONENTS = 64
TILE = 100  # references
MOST = 10_000  # references: more make it slower than the network they are to be compared with


def neighbours(
    lesson: Lesson, images: Array, seconds: float, rng: np.random.Generator
) -> tuple[Array | None, int, str]:
    """Raw answers of the judged rows by the five nearest training rows, rows learned from, note."""
    probe = subsample(lesson, 2000, rng)
    start = time.perf_counter()
    known = few_pixels(images, probe, SIDE)
    prepare = (time.perf_counter() - start) / len(probe)
    told = _components(known)
    known = told(known)
    _nearest(known[:16], known)  # the first call is slow for other reasons
    start = time.perf_counter()
    _nearest(known[:512], known)
    pair = (time.perf_counter() - start) / (min(512, len(probe)) * len(probe))
    judged = len(lesson.judged)
    left = 0.8 * seconds - prepare * judged
    most = min(left / (prepare + pair * judged), MOST)
    if most < min(100, len(lesson.rows)):
        return None, 0, f"left out: it would have taken longer than its {seconds:.1f} s"
    rows = subsample(lesson, most, rng)
    known, labels = few_pixels(images, rows, SIDE), lesson.target[rows]
    told = _components(known)
    known = told(known)
    found = [_nearest(told(few_pixels(images, part, SIDE)), known) for part in chunks(lesson.judged, 512)]
    near = np.concatenate(found) if found else np.zeros((0, NEAREST), int)
    return _answer(lesson, labels[near]), len(rows), said(rows, lesson)


def _components(known: Array) -> Callable[[Array], Array]:
    """Pictures [n, F] told by the main components of `known`: on digits they find as good neighbours, in half the time."""
    if known.shape[1] <= COMPONENTS:
        return lambda pixels: pixels
    mean = known.mean(axis=0)
    _, axes = np.linalg.eigh((known - mean).T @ (known - mean))
    main = np.ascontiguousarray(axes[:, -COMPONENTS:])
    return lambda pixels: (pixels - mean) @ main


def _nearest(asked: Array, known: Array) -> Array:
    """[n, 5] positions of the nearest of `known`.

    The nearest of each tile of a hundred is found in one pass; then only the tiles with the nearest are looked into.
    """
    whole = np.pad(known, ((0, -len(known) % TILE), (0, 0)))
    lengths = np.square(whole).sum(axis=1)
    lengths[len(known) :] = np.inf
    far = (-2 * asked) @ whole.T
    far += lengths
    count, rows = min(NEAREST, len(known)), np.arange(len(asked))
    tiles = far.reshape(len(asked), -1, TILE)
    least = tiles.min(axis=2)
    found = np.empty((len(asked), count), int)
    for i in range(count):
        tile = least.argmin(axis=1)
        inside = tiles[rows, tile]
        place = inside.argmin(axis=1)
        found[:, i] = tile * TILE + place
        inside[rows, place] = tiles[rows, tile, place] = np.inf
        least[rows, tile] = inside.min(axis=1)
    return found


def _answer(lesson: Lesson, near: Array) -> Array:
    """near: [n, k] labels or [n, k, T] tags. Votes are smoothed: five agreeing neighbours are not certainty."""
    if lesson.task == "number":
        return np.asarray(near.astype(float).mean(axis=1, keepdims=True))
    count = near.shape[1]
    if lesson.task == "tags":
        share = (near.sum(axis=1) + 0.5) / (count + 1)
        return np.asarray(np.log(share / (1 - share)))
    votes = np.zeros((len(near), lesson.classes))
    for vote in near.astype(int).T:
        votes[np.arange(len(near)), vote] += 1
    return np.asarray(np.log((votes + 1 / lesson.classes) / (count + 1)))
