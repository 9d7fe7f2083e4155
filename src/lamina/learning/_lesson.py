"""What the baselines share: the rows and labels they learn from, pixels made few, rows that fit a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from lamina.core import Array

Task: TypeAlias = Literal["category", "number", "tags"]


AT_ONCE = 16_384  # rows answered
VALUES = 2e6  # cells of a table that may be copied at any rate


@dataclass(frozen=True, slots=True)
class Lesson:
    """target: [N] codes (category), [N] numbers, or [N, T] of 0 and 1 (tags); rows: positions to learn from;
    judged: positions to answer; classes: width of a raw answer."""

    task: Task
    target: Array
    weight: Array
    classes: int
    rows: Array
    judged: Array


def subsample(lesson: Lesson, most: float, rng: np.random.Generator) -> Array:
    """At most about `most` training rows, every class with its share (and at least one row), in order."""
    rows = lesson.rows
    if most >= len(rows):
        return rows
    most = _round(most)
    if lesson.task != "category":
        return np.sort(rng.permutation(rows)[:most])
    codes = lesson.target[rows].astype(
        np.int32
    )  # small numbers: of a large table these arrays are what fills the memory
    shuffled = rng.permutation(np.arange(len(rows), dtype=np.int32))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    total = np.bincount(codes, minlength=lesson.classes)
    rank = np.empty(len(rows), np.int32)
    rank[order] = np.arange(len(rows), dtype=np.int32)
    rank[order] -= np.repeat((np.cumsum(total) - total).astype(np.int32), total)
    keep = rank < np.maximum(1, np.round(total * most / len(rows)))[codes]
    chosen: Array = rows[keep]
    return chosen


def room(lesson: Lesson, width: int) -> float:
    """Training rows of a table with `width` columns that a simple model may copy: an eighth of them, or few enough.

    It copies them several times over and in more digits, and must not be what fills the memory."""
    return max(VALUES / width, len(lesson.rows) / 8)


def said(rows: Array, lesson: Lesson) -> str:
    """The note about rows left unseen, empty where there are none."""
    seen, all_rows = len(rows), len(lesson.rows)
    return (
        ""
        if seen == all_rows
        else f"learned from {seen:,} of {all_rows:,} training rows, to stay within its time and memory"
    )


def few_pixels(images: Array, rows: Array, side: int) -> Array:
    """[n, F] float32 in 0 to 1: images [N, H, W, C] of `rows`, squares of pixels averaged to at most side × side."""
    _, height, width, channels = images.shape
    tall, wide = -(-height // side), -(-width // side)
    down, across = height // tall, width // wide
    top, left = (height - down * tall) // 2, (width - across * wide) // 2
    found = np.empty((len(rows), down, across, channels), np.float32)
    for start in range(0, len(rows), 512):
        pixels = images[rows[start : start + 512]][:, top : top + down * tall, left : left + across * wide]
        if tall > 1:
            pixels = sum((pixels[:, i::tall] for i in range(1, tall)), pixels[:, ::tall].astype(np.uint32))
        if wide > 1:
            pixels = sum((pixels[:, :, i::wide] for i in range(1, wide)), pixels[:, :, ::wide].astype(np.uint32))
        found[start : start + 512] = pixels
    found /= tall * wide * 255.0
    return found.reshape(len(rows), -1)


def _round(rows: float) -> int:
    """Down to a round number: then timing, which varies a little, rarely changes who is seen."""
    power = 10 ** int(np.floor(np.log10(max(1.0, rows))))
    return int(max(step for step in (1, 1.5, 2, 3, 5, 7) if step * power <= max(1.0, rows)) * power)
