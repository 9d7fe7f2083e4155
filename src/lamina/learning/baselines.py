"""What simpler methods reach on the same rows, so that a network's figure can be believed.

Majority or mean, a linear model (of counted words on texts), gradient boosting on tables, nearest neighbours on pixels: each learned on the
training rows alone, within its share of the time, and judged by the same metrics as the network.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lamina.core import Array
from lamina.learning._boosting import boosting
from lamina.learning._lesson import Lesson, Task
from lamina.learning._linear import linear
from lamina.learning._neighbours import neighbours
from lamina.learning._words import counted

SHARES = {"linear": 0.35, "gradient boosting": 0.65, "nearest neighbours": 0.35, "TF-IDF, linear": 0.65}  # of the time


@dataclass(frozen=True, slots=True)
class Baseline:
    """raw: [n, C] of the judged rows, comparable with a network's: log-probabilities (category), logits (tags),
    values (number); None where it was left out, and then `note` says why. rows_used: training rows it saw."""

    name: str
    raw: Array | None
    rows_used: int
    seconds: float
    note: str = ""


def baselines(
    task: Task,
    inputs: Mapping[str, Array],
    sizes: Mapping[str, Sequence[int]],
    target: Array,
    known: Array,
    train: Array,
    judged: Array,
    weight: Array | None = None,
    *,
    seconds: float,
    rng: np.random.Generator,
    classes: int | None = None,
) -> list[Baseline]:
    """Every baseline that fits these inputs, learned on `train` and answering `judged`.

    inputs: encoded, all rows: [N, W] float32 with `sizes[name]` per column (0: a number, NaN missing; n: codes below
    n, 0 unknown), or uint8 images [N, H, W, C]; others are not used. target, known, weight: [N]; train, judged:
    positions or masks. classes: answers of the network (default: what the target shows). A baseline whose fit would
    not end in its share of `seconds` sees fewer rows, stratified, and says so; one that cannot be afforded is left
    out, and says why.
    """
    train, judged = _positions(train), _positions(judged)
    labelled = np.asarray(known, dtype=bool)[train]
    train = train if labelled.all() else train[labelled]
    target = np.asarray(target)
    weight = np.ones(len(target), np.float32) if weight is None else np.asarray(weight)
    width = (int(target.max()) + 1) if task == "category" else target.shape[1] if target.ndim == 2 else 1
    lesson = Lesson(task, target, weight, classes or width, train, judged)
    texts = {name: values for name, values in inputs.items() if values.ndim == 2 and values.dtype == np.int32}
    tables = {name: v for name, v in inputs.items() if v.ndim == 2 and sizes.get(name) and name not in texts}
    images = {name: values for name, values in inputs.items() if values.ndim == 4}

    start = time.perf_counter()
    name = {"number": "mean", "category": "most common label", "tags": "share of each tag"}[task]
    found = [Baseline(name, _constant(lesson), len(train), time.perf_counter() - start)]
    kinds = ["linear"] if tables or images else []
    kinds += (["nearest neighbours"] if images else []) + (["gradient boosting"] if tables else [])
    kinds += ["TF-IDF, linear"] if texts else []
    whole = sum(SHARES[kind] for kind in kinds)
    for kind in kinds:
        start, share = time.perf_counter(), seconds * SHARES[kind] / whole
        if kind == "linear":
            raw, rows, note = linear(lesson, tables, sizes, images, share, rng)
        elif kind == "gradient boosting":
            raw, rows, note = boosting(lesson, tables, sizes, share, rng)
        elif kind == "TF-IDF, linear":
            raw, rows, note = counted(lesson, next(iter(texts.values())), share, rng)
        else:
            raw, rows, note = neighbours(lesson, next(iter(images.values())), share, rng)
        found.append(Baseline(kind, raw, rows, time.perf_counter() - start, note))
    return found


def _constant(lesson: Lesson) -> Array:
    """The same answer for every row: the mean, or the share of each class or tag."""
    target, weight = lesson.target[lesson.rows], lesson.weight[lesson.rows]
    if lesson.task == "number":
        answer = np.array([np.average(target, weights=weight)])
    elif lesson.task == "category":
        total = np.bincount(target.astype(int), weight, lesson.classes) + 1e-3
        answer = np.log(total / total.sum())
    else:
        share = (weight @ target + 0.5) / (weight.sum() + 1)
        answer = np.log(share / (1 - share))
    return np.tile(answer, (len(lesson.judged), 1))


def _positions(rows: Array) -> Array:
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows
