"""Whether what was written is a copy: the longest passage of it that stands, letter for letter, in what was learned from."""

from __future__ import annotations

from dataclasses import dataclass

LOOKED = 20_000_000  # letters of the training text that are looked through
AROUND = 60  # letters that are shown on either side of a passage


@dataclass(frozen=True, slots=True)
class Passage:
    """start, length: where it stands in what was written; place: where in what was learned from, -1 where nothing does."""

    start: int
    length: int
    place: int


def longest(written: str, learned: str) -> Passage:
    """The longest passage that both have.

    >>> longest("I was to be here", "to be or not to be")
    Passage(start=5, length=6, place=12)
    """
    learned = learned[:LOOKED]
    start = length = 0
    for begin in range(len(written)):
        while begin + length < len(written) and written[begin : begin + length + 1] in learned:
            start, length = begin, length + 1
    place = learned.find(written[start : start + length]) if length else -1
    return Passage(start, length, place)


def around(text: str, place: int, length: int) -> tuple[str, str, str]:
    """What stands before a passage, itself, and what stands after it."""
    end = place + length
    return text[max(0, place - AROUND) : place], text[place:end], text[end : end + AROUND]
