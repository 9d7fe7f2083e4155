"""What a text is written in: its letters, one by one, as codes. Code 0 stands for what was too rare to learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np

from lamina.core import Array, Json

RARE, END = 0, 1  # codes: a letter that is not in the alphabet; where one text ends and the next begins
STOP = "\x03"  # stands for END among letters: the control character "end of text"
FIRST = 2  # code of the first letter
LEAST = 2  # times that a letter must be there: one that is there once is how the network learns of rare ones
MOST = 6_000  # letters


class Alphabet:
    """letters: the one with code k is at k - 2. ends: whether texts end, because there were several.

    >>> alphabet = Alphabet.of(["abba", "bad"])
    >>> alphabet.encode("abx").tolist(), alphabet.decode([2, 3])
    ([2, 3, 0], 'ab')
    """

    def __init__(self, letters: Sequence[str], ends: bool = False) -> None:
        self.letters, self.ends = tuple(letters), ends
        points = np.array([ord(letter) for letter in self.letters], np.int64)
        self._order = np.argsort(points)
        self._points = points[self._order]

    @classmethod
    def of(cls, passages: Sequence[str]) -> Self:
        """The letters of these passages, the most frequent first; texts end at a STOP."""
        counts = Counter[str]()
        for passage in passages:
            counts.update(passage)
        ends = counts.pop(STOP, 0) > 0
        kept = sorted((letter for letter, n in counts.items() if n >= LEAST), key=lambda each: (-counts[each], each))
        return cls(kept[:MOST], ends)

    def __len__(self) -> int:
        """Codes, the two that are no letters among them."""
        return FIRST + len(self.letters)

    def encode(self, text: str) -> Array:
        """[N] int32, a code a letter."""
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
        place = np.minimum(np.searchsorted(self._points, points), len(self._points) - 1)
        found: Array = np.where(self._points[place] == points, self._order[place] + FIRST, RARE).astype(np.int32)
        found[points == ord(STOP)] = END
        return found

    def spelt(self, code: int) -> str:
        """The letter of a code; nothing for those that are none."""
        return self.letters[code - FIRST] if code >= FIRST else ""

    def decode(self, codes: Iterable[int]) -> str:
        return "".join(map(self.spelt, codes))

    def unknown(self, text: str) -> list[str]:
        """The letters of a text that it never learned, each once."""
        known = set(self.letters)
        return [letter for letter in dict.fromkeys(text) if letter not in known]

    def lengths(self) -> Array:
        """[codes] how many letters each code stands for; the end of a text counts as one."""
        return np.ones(len(self), np.int64)

    def state(self) -> Json:
        return {"letters": list(self.letters), "ends": self.ends}

    @classmethod
    def restore(cls, state: Json) -> Self:
        return cls(state["letters"], state["ends"])
