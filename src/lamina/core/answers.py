"""What a model gives back: one answer, the answers to many rows, a word of a transcript, a piece of something new.

Shapes: N rows, K classes, n parts of a long recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from lamina.core.values import Array

CERTAIN = 30.0  # log odds of class 0 where an answer along time has ended: nothing follows, for certain


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a transcript. confidence: calibrated probability that it is right; start, end: in seconds of a sound, in
    heights of a picture's line."""

    text: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. confidence: calibrated probability that `value` is right (None for a number, which has an
    `interval` instead); unlike: True where the example is unlike the training data, with the reasons. score, nearest:
    of an anomaly, how odd it is (1: the limit), and the names of the nearest examples. words: of a transcript, one by
    one. windows: of a long recording the answer to each part, with the seconds where it begins and ends.

    >>> Answer("cat", confidence=0.9, alternatives=(("cat", 0.9), ("dog", 0.1))).alternatives[1]
    ('dog', 0.1)
    """

    value: Any
    confidence: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()
    interval: tuple[float, float] | None = None
    unlike: bool = False
    reasons: tuple[str, ...] = ()
    score: float | None = None
    nearest: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()
    windows: tuple[tuple[float, float, Answer], ...] = ()


@dataclass(slots=True)
class Answers(Sequence[Answer]):
    """The answers to one target for many rows, column by column; `answers[3]` is one Answer.

    values: [N]; confidence: [N]; shares: [N, K] probability of each of `classes`; low, high: the interval;
    unlike: [N] bool; reasons: row to why it is unlike the training data; scores: [N], of anomalies; nearest: row to the
    names of the nearest examples; windows: row of a long recording to where its parts begin and end in seconds [n, 2], and
    the answers to them.

    >>> Answers(np.array([3.0, 5.0]), low=np.array([2.0, 4.0]), high=np.array([4.0, 6.0]))[1].interval
    (4.0, 6.0)
    """

    values: Array
    confidence: Array | None = None
    classes: tuple[str, ...] = ()
    shares: Array | None = None
    low: Array | None = None
    high: Array | None = None
    unlike: Array | None = None
    reasons: dict[int, tuple[str, ...]] = field(default_factory=dict)
    scores: Array | None = None
    nearest: dict[int, tuple[str, ...]] = field(default_factory=dict)
    words: list[tuple[Word, ...]] | None = None
    windows: dict[int, tuple[Array, Answers]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, row: Any) -> Any:
        value = self.values[row]
        interval = None if self.low is None or self.high is None else (float(self.low[row]), float(self.high[row]))
        place = int(row) % max(len(self), 1)
        silent = value is None or value != value  # nothing of the row could be read
        if silent:
            return Answer(None, unlike=True, reasons=self.reasons.get(place, ()))
        return Answer(
            value if isinstance(value, (str, list)) else float(value),
            None if self.confidence is None else float(self.confidence[row]),
            self._alternatives(row),
            interval,
            bool(self.unlike[row]) if self.unlike is not None else False,
            self.reasons.get(place, ()),
            None if self.scores is None else float(self.scores[row]),
            self.nearest.get(place, ()),
            () if self.words is None else self.words[row],
            self._windows(place),
        )

    def _windows(self, row: int) -> tuple[tuple[float, float, Answer], ...]:
        if row not in self.windows:
            return ()
        times, answers = self.windows[row]
        return tuple((float(start), float(end), each) for (start, end), each in zip(times, answers, strict=True))

    def take(self, rows: Array) -> Answers:
        """The answers to these rows (numbers), in this order."""

        def some(each: Array | None) -> Array | None:
            return None if each is None else each[rows]

        reasons, nearest = (
            {place: each[row] for place, row in enumerate(rows.tolist()) if row in each}
            for each in (self.reasons, self.nearest)
        )
        words = None if self.words is None else [self.words[row] for row in rows.tolist()]
        return replace(
            self, values=self.values[rows], confidence=some(self.confidence), shares=some(self.shares),
            low=some(self.low), high=some(self.high), unlike=some(self.unlike), scores=some(self.scores),
            reasons=reasons, nearest=nearest, words=words, windows={},
        )  # fmt: skip

    def withhold(self, rows: Array) -> None:
        """Give no answer to these rows: value None (NaN for a number), confidence and shares 0, no interval."""
        self.values[rows] = None if self.values.dtype == object else np.nan
        for each, nothing in (
            (self.confidence, 0.0),
            (self.shares, 0.0),
            (self.low, np.nan),
            (self.high, np.nan),
            (self.scores, np.nan),
        ):
            if each is not None:
                each[rows] = nothing
        if self.words is not None:
            for row in np.asarray(rows).tolist():
                self.words[row] = ()

    def _alternatives(self, row: int) -> tuple[tuple[str, float], ...]:
        if self.shares is None:
            return ()
        order = np.argsort(-self.shares[row])[:5]
        return tuple((self.classes[k], float(self.shares[row, k])) for k in order)


class Piece(NamedTuple):
    """A part of something new, as it is made. number: which of those asked for it belongs to, from 0; value: some letters
    of a text, or a whole picture."""

    number: int
    value: Any
