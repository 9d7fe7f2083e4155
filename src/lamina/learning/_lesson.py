"""What the baselines share: the rows and labels they learn from, pixels made few, rows that fit a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from lamina.core import Array, chunks

Task: TypeAlias = Literal["category", "number", "tags"]


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
    codes = lesson.target[rows].astype(int)
    shuffled = rng.permutation(len(rows))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    total = np.bincount(codes, minlength=lesson.classes)
    rank = np.empty(len(rows))
    rank[order] = np.arange(len(rows)) - np.repeat(np.cumsum(total) - total, total)
    keep = rank < np.maximum(1, np.round(total * most / len(rows)))[codes]
    chosen: Array = rows[keep]
    return chosen


def said(rows: Array, lesson: Lesson) -> str:
    """The note about rows left unseen, empty where there are none."""
    seen, all_rows = len(rows), len(lesson.rows)
    return "" if seen == all_rows else f"learned from {seen:,} of {all_rows:,} training rows, to stay within its time"


def few_pixels(images: Array, rows: Array, side: int) -> Array:
    """[n, F] float32 in 0 to 1: images [N, H, W, C] of `rows`, averaged over areas to at most side × side."""
    _, height, width, channels = images.shape
    cut_h = np.linspace(0, height, min(height, side) + 1).astype(int)[:-1]
    cut_w = np.linspace(0, width, min(width, side) + 1).astype(int)[:-1]
    area = np.outer(np.diff(np.append(cut_h, height)), np.diff(np.append(cut_w, width)))[:, :, None] * 255.0
    found = np.empty((len(rows), len(cut_h) * len(cut_w) * channels), np.float32)
    done = 0
    for part in chunks(rows, 512):
        pixels = images[part]
        if height > side or width > side:
            pixels = np.add.reduceat(pixels, cut_h, axis=1, dtype=np.uint32)
            pixels = np.add.reduceat(pixels, cut_w, axis=2, dtype=np.uint32)
        found[done : done + len(part)] = (pixels / area.astype(np.float32)).reshape(len(part), -1)
        done += len(part)
    return found


def _round(rows: float) -> int:
    """Down to 1, 2 or 5 times a power of ten: then timing, which varies a little, rarely changes who is seen."""
    power = 10 ** int(np.floor(np.log10(max(1.0, rows))))
    return int(max(step for step in (1, 2, 5) if step * power <= max(1.0, rows)) * power)
