"""Somebody is asked for labels, question after question; answers are taken back, skipped, and kept as they are given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lamina.core import Json
from lamina.examples import Examples
from lamina.examples.labels import Labels
from lamina.examples.reading import FILES
from lamina.model.intake import row_names

AT_ONCE = 5  # questions, after which it is looked anew which are worth asking
RARELY = 20  # times as long as writing takes, at least, between one writing and the next


@dataclass(frozen=True, slots=True)
class Question:
    """row: to label. others: rows like it, which may get the same label. size: of the group that it stands for; 0 where it is asked
    about because it is unclear. guess: the label that its neighbours suggest, and how clear that is, from 0 to 1. drawn: it was drawn
    by chance, for nothing has a label yet."""

    row: int
    others: tuple[int, ...] = ()
    size: int = 0
    guess: str | None = None
    clear: float = 0.0
    drawn: bool = False

    @property
    def rows(self) -> tuple[int, ...]:
        return (self.row, *self.others)

    @property
    def why(self) -> str:
        if self.size:
            return f"stands for a group of {self.size:,}"
        if self.drawn:
            return "drawn by chance"
        return "lies far from everything labelled" if self.guess is None else f"unclear: perhaps {self.guess}"


class Chooses(Protocol):
    """What knows which rows are worth asking about: `lamina.learning.label_next.Landscape`."""

    def next(
        self, labels: Mapping[int, str], count: int, skipped: frozenset[int] = frozenset(), alike: int = 2
    ) -> list[Question]: ...


@dataclass
class Interview:
    """At most `count` questions. write: keeps what was said so far. alike: more rows of a group that are shown with one.

    What was said is written soon after it was said, and by `end`: a process that is killed loses seconds of it.
    """

    kept: Labels
    chooses: Chooses
    count: int
    write: Callable[[], None]
    alike: int = 2
    asked: int = 0
    _coming: list[Question] = field(default_factory=list)
    _skipped: set[int] = field(default_factory=set)
    _said: list[tuple[Question, tuple[int, ...]]] = field(
        default_factory=list
    )  # with the rows that an answer was given to
    _next_writing: float = 0.0

    @property
    def question(self) -> Question | None:
        """What is asked now; None where all was asked."""
        if self.asked >= self.count:
            return None
        if not self._coming:
            most = min(AT_ONCE, self.count - self.asked)
            self._coming = self.chooses.next(self.kept.said, most, frozenset(self._skipped), self.alike)
        return self._coming[0] if self._coming else None

    @property
    def known(self) -> list[str]:
        """Labels that were said so far, by the alphabet."""
        return sorted(set(self.kept.said.values()))

    def answer(self, label: str, rows: Sequence[int] | None = None) -> None:
        """The label of the rows of this question, or of some of them, where the others are not like them. An empty one skips it.

        Raises:
            ValueError: nothing is asked, or a row that is not.
        """
        question = self.question
        if question is None:
            raise ValueError("Nothing is asked any more.")
        given = question.rows if rows is None else tuple(dict.fromkeys(rows))
        if unasked := set(given) - set(question.rows):
            raise ValueError(f"Row {min(unasked) + 1:,} was not asked about.")
        label = label.strip()
        given = given if label else ()
        self.kept.said.update(dict.fromkeys(given, label))
        if not given:
            self._skipped.add(question.row)
        self._said.append((question, given))
        self._coming = self._coming[1:]
        self.asked += 1
        self._write()

    def back(self) -> bool:
        """Take the last answer back, and ask again; False where there is none."""
        if not self._said:
            return False
        question, given = self._said.pop()
        for row in given:
            self.kept.said.pop(row, None)
        self._skipped.discard(question.row)
        self._coming.insert(0, question)
        self.asked -= 1
        self._write()
        return True

    def end(self) -> None:
        """Keep all of it."""
        self.write()

    def _write(self) -> None:
        begun = time.monotonic()
        if begun >= self._next_writing:
            self.write()
            self._next_writing = begun + (RARELY + 1) * (time.monotonic() - begun)


def name_of(examples: Examples, row: int) -> str:
    """The file of a row, or its number, from 1."""
    names = row_names(examples.take([row]))
    return f"row {row + 1:,}" if names is None else names[0]


def cells_of(examples: Examples, row: int) -> Json:
    """What a row holds, but for files, which its name says."""
    shown = examples.take([row]).preview(1)[0]
    return {
        column: cell for column, cell in shown.items() if examples.kinds[column].held not in FILES and cell is not None
    }
