"""Nearest neighbours on raw pixels: what looking alike, and nothing learned, is worth."""

from __future__ import annotations

import time

import numpy as np

from lamina.core import Array, chunks
from lamina.learning._lesson import Lesson, few_pixels, said, subsample

NEAREST = 5
SIDE = 16
MOST = 10_000  # references: more make it slower than the network they are to be compared with


def neighbours(
    lesson: Lesson, images: Array, seconds: float, rng: np.random.Generator
) -> tuple[Array | None, int, str]:
    """Raw answers of the judged rows by the five nearest training rows, rows learned from, note."""
    probe = subsample(lesson, 2000, rng)
    start = time.perf_counter()
    known = few_pixels(images, probe, SIDE)
    prepare = (time.perf_counter() - start) / len(probe)
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
    found = [_nearest(few_pixels(images, part, SIDE), known) for part in chunks(lesson.judged, 512)]
    near = np.concatenate(found) if found else np.zeros((0, NEAREST), int)
    return _answer(lesson, labels[near]), len(rows), said(rows, lesson)


def _nearest(asked: Array, known: Array) -> Array:
    """[n, 5] positions of the nearest of `known`."""
    far = np.square(known).sum(axis=1) - 2 * asked @ known.T
    found = np.empty((len(asked), min(NEAREST, len(known))), int)
    for i in range(found.shape[1]):  # several times the minimum: much faster than a partial sort
        found[:, i] = far.argmin(axis=1)
        far[np.arange(len(asked)), found[:, i]] = np.inf
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
