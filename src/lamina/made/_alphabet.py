"""What a text is written in: its letters, one by one, or pieces of words, as codes. Code 0 stands for what was too rare."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Self

import numpy as np

from lamina.core import Array, Json

RARE, END = 0, 1  # codes: a letter that is not in the alphabet; where one text ends and the next begins
STOP = "\x03"  # stands for END among letters: the control character "end of text"
FIRST = 2  # code of the first letter
LEAST = 2  # times that a letter must be there: one that is there once is how the network learns of rare ones
MOST = 6_000  # letters
# A piece lies within one of these: a word with the space before it (cut where it is very long), else one letter.
WORDS = r"\x03| ?[^\s\x03]{1,64}|\s"
KEPT = 100_000  # words whose pieces are remembered


class Alphabet:
    """letters: the one with code k is at k - 2. pairs: byte-pair encoding (Sennrich et al. 2016): two that become one, the
    first ones first; what they become follows the letters, in order. ends: whether texts end, because there were several.

    >>> alphabet = Alphabet.of(["abba", "bad"])
    >>> alphabet.encode("abx").tolist(), alphabet.decode([2, 3])
    ([2, 3, 0], 'ab')
    >>> Alphabet("abt", [("a", "b"), ("ab", "b")]).encode("abb ab").tolist()
    [6, 0, 5]
    """

    def __init__(self, letters: Sequence[str], pairs: Sequence[tuple[str, str]] = (), ends: bool = False) -> None:
        self.letters, self.ends = tuple(letters), ends
        self.pairs = tuple((one, other) for one, other in pairs)
        self.pieces = (*self.letters, *dict.fromkeys(one + other for one, other in self.pairs))
        self._codes = {piece: code for code, piece in enumerate(self.pieces, FIRST)}
        self._ranks = {pair: rank for rank, pair in enumerate(self.pairs)}
        self._cut = lru_cache(KEPT)(self._joined)

    @classmethod
    def of(cls, passages: Sequence[str]) -> Self:
        """The letters of these passages, the most frequent first; texts end at a STOP."""
        counts = Counter[str]()
        for passage in passages:
            counts.update(passage)
        ends = counts.pop(STOP, 0) > 0
        kept = sorted((letter for letter, n in counts.items() if n >= LEAST), key=lambda each: (-counts[each], each))
        return cls(kept[:MOST], (), ends)

    def __len__(self) -> int:
        """Codes, the two that are no letters among them."""
        return FIRST + len(self.pieces)

    def encode(self, text: str) -> Array:
        """[N] int32: a code a letter, or a piece."""
        if self.pairs:
            return np.array([code for word in re.findall(WORDS, text) for code in self._cut(word)], np.int32)
        found: Array = self._table[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)]
        return found

    @cached_property
    def _table(self) -> Array:
        """[code points] the code of each letter there is."""
        table = np.full(sys.maxunicode + 1, RARE, np.int32)
        table[[ord(letter) for letter in self.letters]] = np.arange(FIRST, FIRST + len(self.letters))
        table[ord(STOP)] = END
        return table

    def _joined(self, word: str) -> tuple[int, ...]:
        """The pieces of a word: its letters, joined pair by pair, the pairs that were learned first first."""
        parts = list(word)
        while len(parts) > 1:
            ranks = [self._ranks.get((one, other), len(self.pairs)) for one, other in pairwise(parts)]
            place = min(range(len(ranks)), key=ranks.__getitem__)
            if ranks[place] == len(self.pairs):
                break
            parts[place : place + 2] = ["".join(parts[place : place + 2])]
        return tuple(END if part == STOP else self._codes.get(part, RARE) for part in parts)

    def spelt(self, code: int) -> str:
        """The letters of a code; nothing for those that are none."""
        return self.pieces[code - FIRST] if code >= FIRST else ""

    def decode(self, codes: Iterable[int]) -> str:
        return "".join(map(self.spelt, codes))

    def unknown(self, text: str) -> list[str]:
        """The letters of a text that it never learned, each once."""
        known = set(self.letters)
        return [letter for letter in dict.fromkeys(text) if letter not in known]

    def lengths(self) -> Array:
        """[codes] how many letters each stands for; a rare one and the end of a text count as one."""
        return np.array([1, 1, *map(len, self.pieces)], np.int64)

    def state(self) -> Json:
        return {"letters": list(self.letters), "pairs": [list(each) for each in self.pairs], "ends": self.ends}

    @classmethod
    def restore(cls, state: Json) -> Self:
        return cls(state["letters"], [(one, other) for one, other in state["pairs"]], state["ends"])
