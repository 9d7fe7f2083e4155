"""How probable a character is after others: counts of training transcripts, smoothed (Witten and Bell 1991)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Self

ORDER = 5  # characters looked at together
MOST = 100_000  # sequences that are kept: the longest that were seen once go first
START = "\x02"


class Letters:
    """Counts of sequences of up to ORDER characters. characters: all that there are, "" for the end not among them."""

    def __init__(self, counts: Mapping[str, int], characters: Sequence[str]) -> None:
        self.counts = dict(counts)
        self.characters = len(characters)
        self.total: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        for sequence, count in self.counts.items():
            self.total[sequence[:-1]] += count
            self.kinds[sequence[:-1]] += 1
        self.after = lru_cache(1 << 18)(self._after)

    @classmethod
    def of(cls, texts: Iterable[str], characters: Sequence[str]) -> Self:
        counts: Counter[str] = Counter()
        for text in texts:
            padded = START * (ORDER - 1) + text
            counts.update(
                padded[end - length : end] for end in range(ORDER, len(padded) + 1) for length in range(1, ORDER + 1)
            )
        kept = counts if len(counts) <= MOST else Counter(dict(sorted(counts.items(), key=_worth)[:MOST]))
        return cls(kept, characters)

    def _after(self, context: str, character: str) -> float:
        """Log probability of the character after the last ORDER - 1 ones."""
        share = 1 / max(self.characters, 1)
        for length in range(min(len(context), ORDER - 1) + 1):
            before = context[len(context) - length :]
            total, kinds = self.total[before], self.kinds[before]
            if total:
                share = (self.counts.get(before + character, 0) + kinds * share) / (total + kinds)
        return math.log(share)

    def surprise(self, texts: Iterable[str]) -> float:
        """Mean negative log probability of a character."""
        total, count = 0.0, 0
        for text in texts:
            padded = START * (ORDER - 1) + text
            for end in range(ORDER - 1, len(padded)):
                total -= self.after(padded[end - ORDER + 1 : end], padded[end])
                count += 1
        return total / max(count, 1)


def _worth(each: tuple[str, int]) -> tuple[bool, int, int]:
    """What is kept first: whatever was seen often, then short sequences."""
    sequence, count = each
    return (count < 2, len(sequence), -count)
