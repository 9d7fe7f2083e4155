"""A column of words, one of a vocabulary each. Code 0 is for what is missing or was never seen."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import ClassVar, Self

import numpy as np

from lamina.core import Coded, Encoded, Form, Json

LIMIT = 5_000  # words kept: the most frequent; a network's embedding of them stays small


class Category:
    """Words to codes 1..n-1 by frequency; 0 is unknown or missing.

    With `private` the vocabulary holds keyed-in hashes instead of words, so that a saved model tells none.

    >>> colour = Category(); colour.observe(Coded(np.array([0, 0, 1]), ("red", "blue"))); colour.settle()
    >>> colour.encode(Coded(np.array([0, 1, -1, 2]), ("red", "blue", "mauve"))).values[:, 0].tolist()
    [1.0, 2.0, 0.0, 0.0]
    """

    kind: ClassVar[str] = "category"
    holds: ClassVar[str] = "category"
    suffixes: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, private: bool = False) -> None:
        self.private = private
        self.counts: Counter[str] = Counter()
        self.codes: dict[str, int] = {}

    def observe(self, values: Coded) -> None:
        counts = values.counts()
        for word, count in zip(values.words, counts, strict=True):
            if count:
                self.counts[word] += int(count)

    def merge(self, other: Self) -> None:
        self.counts.update(other.counts)

    def settle(self) -> None:
        # A word seen once cannot be learned from; leaving such words out also teaches what "unknown" means.
        least = 2 if len(self.counts) > 50 else 1
        kept = [word for word, count in self.counts.items() if count >= least]
        kept.sort(key=lambda word: (-self.counts[word], word))
        self.codes = {self._name(word): code for code, word in enumerate(kept[:LIMIT], start=1)}

    @property
    def form(self) -> Form:
        return Form("vector", (1,), (len(self.codes) + 1,))

    def encode(self, values: Coded) -> Encoded:
        table = np.array([self.codes.get(self._name(word), 0) for word in values.words] + [0], np.float32)
        codes = table[values.codes]  # -1, missing, takes the last entry
        return Encoded(codes[:, None], codes > 0)

    def decode(self, x: np.ndarray[tuple[int], np.dtype[np.float32]]) -> str | None:
        code = int(x[0])
        return next((word for word, known in self.codes.items() if known == code), None)

    def unlike(self, values: Coded) -> dict[int, str]:
        """Rows whose word was never seen."""
        new = np.array([self._name(word) not in self.codes for word in values.words] + [False])
        rows = np.flatnonzero(new[values.codes])
        return {int(row): f"'{values.words[values.codes[row]]}' was never seen" for row in rows}

    def state(self) -> Json:
        return {"private": self.private, "words": list(self.codes)}

    @classmethod
    def restore(cls, state: Json) -> Self:
        category = cls(private=bool(state["private"]))
        category.codes = {str(word): code for code, word in enumerate(state["words"], start=1)}
        return category

    def _name(self, word: str) -> str:
        return hashlib.blake2b(word.encode(), digest_size=8).hexdigest() if self.private else word
