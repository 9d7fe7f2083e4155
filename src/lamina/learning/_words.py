"""Counted words in a linear model: what TF-IDF of words and pairs of words is worth."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from lamina.core import Array
from lamina.learning._lesson import Lesson, said, subsample

STRENGTH = 30.0  # of the logistic regression: texts with many rare words want little shrinking
RIDGE = 1.0
PROBE = 500  # rows that are timed


def counted(lesson: Lesson, texts: Array, seconds: float, rng: np.random.Generator) -> tuple[Array | None, int, str]:
    """Raw answers of the judged rows, rows learned from, note. texts: [N, T] codes of words, 0 for none."""
    lesson = replace(lesson, rows=lesson.rows[texts[lesson.rows].any(axis=1)])  # from the others no word is learned
    if not len(lesson.rows):
        return None, 0, "left out: no row to learn from has a word"
    probe = subsample(lesson, PROBE, rng)
    _learned(lesson, texts, probe[:20])(probe[:20])  # the first call is slow for other reasons
    begun = time.perf_counter()
    _learned(lesson, texts, probe)(probe)
    row = (time.perf_counter() - begun) / max(len(probe), 1)
    most = 0.5 * seconds / row - 0.2 * len(lesson.judged)
    if most < min(100, len(lesson.rows)):
        return None, 0, f"left out: it would have taken longer than its {seconds:.1f} s"
    rows = subsample(lesson, most, rng)
    return _learned(lesson, texts, rows)(lesson.judged), len(rows), said(rows, lesson)


def _learned(lesson: Lesson, texts: Array, rows: Array) -> Any:
    """A function from rows to raw answers [n, C]."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    counts = TfidfVectorizer(analyzer=_grams, sublinear_tf=True)
    known = counts.fit_transform(texts[rows])
    target, weight = lesson.target[rows], lesson.weight[rows]
    if lesson.task == "number":
        from sklearn.linear_model import Ridge

        ridge = Ridge(RIDGE, solver="lsqr").fit(known, target, sample_weight=weight)
        return lambda asked: ridge.predict(counts.transform(texts[asked]))[:, None]
    if lesson.task == "tags":
        columns = [_logistic(known, tag > 0.5, weight, 2) for tag in target.T]
        return lambda asked: np.stack(
            [np.subtract(*each(counts.transform(texts[asked])).T[::-1]) for each in columns], axis=1
        )
    answers = _logistic(known, target.astype(int), weight, lesson.classes)
    return lambda asked: answers(counts.transform(texts[asked]))


def _logistic(known: Any, target: Array, weight: Array, classes: int) -> Any:
    """A function from features to log-probabilities [n, classes]; a class that was never seen has next to none."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    seen = np.unique(target)
    if len(seen) < 2:
        only = np.full(classes, np.log(1e-6))
        only[seen.astype(int)] = 0.0
        return lambda asked: np.tile(only, (asked.shape[0], 1))
    model = LogisticRegression(C=STRENGTH, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(known, target, sample_weight=weight)

    def answers(asked: Any) -> Array:
        found = np.full((asked.shape[0], classes), np.log(1e-6))
        found[:, seen.astype(int)] = model.predict_log_proba(asked)
        return found

    return answers


def _grams(row: Array) -> list[int]:
    """Words and pairs of words of one text, each as a number."""
    words = row[row > 0].astype(np.int64)
    return [*words.tolist(), *(words[:-1] << 32 | words[1:]).tolist()]
