"""Recordings longer than one look, part by part: an answer to each part, and one to the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lamina.core import Answers, Array, Table, Word
from lamina.model.intake import Intake


@dataclass(frozen=True, slots=True)
class Windows:
    """Rows [N] of which some are cut into parts: P parts, each asked about like a row.

    column: the one whose sounds are cut. sounds: [P] object; owner: [P] the row of each part; times: [P, 2] seconds, NaN
    where a row is whole.
    """

    rows: Table
    column: str
    sounds: Array
    owner: Array
    times: Array

    @classmethod
    def of(cls, rows: Table, intake: Intake, overlap: float = 0.0) -> Windows | None:
        """None where every row is one look: no sound, several of them, or short ones only. overlap: seconds, at least."""
        heard = [column for column, kind in intake.kinds.items() if kind == "sound"]
        if len(heard) != 1:
            return None
        values, listening = rows.values(heard[0]), intake.inputs[heard[0]]
        cut = listening.pieces(values, overlap)  # type: ignore[attr-defined]
        if not cut:
            return None
        owner = np.repeat(np.arange(len(rows)), [len(cut.get(row, [None])) for row in range(len(rows))])
        sounds, times = values[owner], np.full((len(owner), 2), np.nan)
        for row, pieces in cut.items():
            for place, piece in zip(np.flatnonzero(owner == row), pieces, strict=True):
                sounds[place], times[place] = piece, (piece.start, piece.end)
        return cls(rows, heard[0], sounds, owner, times)

    def __len__(self) -> int:
        return len(self.owner)

    def values(self, column: str, rows: Any = None) -> Any:
        """As `Table.values`."""
        if column == self.column:
            return self.sounds if rows is None else self.sounds[rows]
        return self.rows.values(column, self.owner if rows is None else self.owner[rows])

    def together(
        self, raws: dict[str, Array], features: Array, problems: dict[int, str], nothing: Array
    ) -> tuple[dict[str, Array], Array, dict[int, str], Array]:
        """What was found of each part, as `raw` gives it, for the rows: the mean over the parts that could be read.

        Silence is a problem only where all of a row is silent."""
        here = np.ones(len(self))
        here[nothing] = 0
        count = np.bincount(self.owner, here, len(self.rows))
        found: dict[int, str] = {}
        for place, text in problems.items():
            row = int(self.owner[place])
            if not count[row] or "silent" not in text:
                found.setdefault(row, text)
        means = {column: self._mean(each, here, count) for column, each in raws.items()}
        return means, self._mean(features, here, count), found, np.flatnonzero(count == 0)

    def _mean(self, each: Array, here: Array, count: Array) -> Array:
        """[N, …] from [P, …]."""
        total = np.zeros((len(self.rows), *each.shape[1:]), np.float64)
        np.add.at(total, self.owner, each * here.reshape(-1, *[1] * (each.ndim - 1)))
        found: Array = (total / np.maximum(count, 1).reshape(-1, *[1] * (each.ndim - 1))).astype(each.dtype)
        return found

    def joined(self, answers: Answers) -> Answers:
        """What is written along time, from the answers to all parts: their words one after the other, at the times of the
        whole. Where two parts overlap, each says what lies on its side of the middle."""
        assert answers.words is not None
        assert answers.confidence is not None
        values = np.full(len(self.rows), None, object)
        confidence, words = np.zeros(len(self.rows)), []
        for row in range(len(self.rows)):
            places = np.flatnonzero(self.owner == row).tolist()
            read = [place for place in places if answers.values[place] is not None]
            if np.isnan(self.times[places[0], 0]):
                said = tuple(answers.words[places[0]])
                values[row], confidence[row] = answers.values[places[0]], answers.confidence[places[0]]
            else:
                said = tuple(word for place in read for word in self._own(place, places, answers.words[place]))
                if read:
                    values[row] = " ".join(word.text for word in said)
                    sure = [word.confidence for word in said] or answers.confidence[read]
                    confidence[row] = np.prod(sure)
            words.append(said)
        return Answers(values, confidence, words=words)

    def _own(self, place: int, places: Sequence[int], words: Sequence[Word]) -> Iterator[Word]:
        """The words of one part that no other says, at the times of the whole."""
        start, end = self.times[place]
        low = (self.times[place - 1, 1] + start) / 2 if place > places[0] else -np.inf
        high = (end + self.times[place + 1, 0]) / 2 if place < places[-1] else np.inf
        for word in words:
            if low <= start + (word.start + word.end) / 2 < high:
                yield replace(word, start=float(start + word.start), end=float(start + word.end))

    def listed(self, answers: Answers) -> dict[int, tuple[Array, Answers]]:
        """Row that was cut to the times of its parts and the answers to them, from the answers to all parts."""
        found = {}
        for row in np.unique(self.owner[~np.isnan(self.times[:, 0])]):
            places = np.flatnonzero(self.owner == row)
            found[int(row)] = self.times[places], answers.take(places)
        return found
