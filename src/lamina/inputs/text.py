"""Texts of any length and script to codes of words: a vocabulary from the training rows, pieces for rarer words."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import Any, ClassVar, Self

import numpy as np

from lamina.core import Array, Coded, Encoded, Form, Json, MissingExtra
from lamina.inputs._rows import Allocate, allocated

LIMIT = 30_000  # words kept: the most frequent
LONGEST = 1_024  # words of a text that are read; what follows is cut
LEAST = 2  # times that a word has to be seen: from one that was seen once nothing can be learned
UNKNOWN = 1  # the code of a word of which no piece is known; 0 fills a row up to the longest
REACH = 4  # letters at the ends of a word that are looked at
PARTS = 24  # pieces of a word that are told: of three letters, then of four and five
PIECES = 5, 4, 3  # letters of the pieces that a rare word ends and begins with: the longest that others have, too
STRANGE = 5.0  # standard deviations above the usual number of unknown words
# Kana, ideographs, Thai, Lao, Burmese, Khmer: scripts without blanks between words. A letter is taken as a word there.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"


class Text:
    """Texts to rows of codes [B, T], a code a word, T the most words of a training text (`LONGEST` at most).

    A word is looked up as it is written, then in small letters, then with every digit as 0, so that unknown numbers of
    one length are alike; else the longest piece that it ends or begins with, and others too, stands for it. A text without a word is
    absent, as a missing one is. With `private` the vocabulary holds hashes of words, so that a saved model tells none.

    >>> text = Text(); text.observe(Coded(np.array([0, 1]), ("One good day!", "A good night, a knight"))); text.settle()
    >>> text.decode(text.encode(Coded(np.array([0]), ("GOOD fight",))).values[0])
    'good …ight'
    """

    kind: ClassVar[str] = "text"
    holds: ClassVar[str] = "text"
    suffixes: ClassVar[frozenset[str]] = frozenset({".txt"})

    def __init__(self, private: bool = False) -> None:
        self.private = private
        self.counts: Counter[str] = Counter()
        self.longest = 1
        self.codes: dict[str, int] = {}
        self.new = 0.0  # share of a text's words that are usually unknown
        self.tokenizer = ""  # of a pretrained network, which has a vocabulary of its own

    def adopt(self, tokenizer: str, longest: int) -> None:
        """Cut texts as a pretrained network does from now on. tokenizer: of the library `tokenizers`, as JSON."""
        self.tokenizer, self.longest, self.codes = tokenizer, longest, {}

    def observe(self, values: Coded) -> None:
        times = values.counts()
        for row in np.flatnonzero(times):
            found = split(values.words[row])
            self.longest = max(self.longest, min(len(found), LONGEST))
            for word in found:
                self.counts[word] += int(times[row])

    def merge(self, other: Self) -> None:
        self.counts.update(other.counts)
        self.longest = max(self.longest, other.longest)

    def settle(self) -> None:
        together: dict[str, int] = {}
        for spelt in (str, str.lower, _plain):  # what a word falls back to has to stand in the vocabulary
            counts: Counter[str] = Counter()
            for word, count in self.counts.items():
                counts[spelt(word)] += count
            together |= {word: count for word, count in counts.items() if count >= LEAST}
        pieces: Counter[str] = Counter()
        lost = 0
        for word, count in self.counts.items():
            if not any(each in together for each in _spellings(word)):
                lost += count
                pieces.update(_pieces(word))
        together |= {piece: count for piece, count in pieces.items() if count >= LEAST}
        # As many words of a new text are unknown as training saw once (Good 1953).
        self.new = lost / max(self.counts.total(), 1)
        words = sorted(together, key=lambda word: (-together[word], word))[:LIMIT]
        self.codes = {self._name(word): code for code, word in enumerate(words, UNKNOWN + 1)}

    @property
    def form(self) -> Form:
        known = self._cutter.get_vocab_size() if self.tokenizer else UNKNOWN + len(self.codes)
        return Form("tokens", (self.longest,), (known + 1,))

    def encode(self, values: Coded, allocate: Allocate | None = None) -> Encoded:
        values, known = values.used(), dict[str, int]()
        rows = self._cut(values.words) if self.tokenizer else [self._row(text, known) for text in values.words]
        lengths = np.array([len(row) for row in rows] + [0], np.int64)[values.codes]
        longest = np.maximum(lengths, 1)
        codes = allocated(allocate, (len(values.codes), self.longest), "int32")
        for place, code in enumerate(values.codes):
            if lengths[place]:
                codes[place, : lengths[place]] = rows[code]
        return Encoded(codes, lengths > 0, lengths=longest)

    def decode(self, x: Array) -> str:
        if self.tokenizer:
            return str(self._cutter.decode([int(code) - 1 for code in x if code]))
        words = {code: word for word, code in self.codes.items()} | {UNKNOWN: "…"}
        return " ".join(words[int(code)] for code in x if code)

    def unlike(self, values: Coded) -> dict[int, str]:
        """Rows with far more unknown words than training leads one to expect."""
        values, strange = values.used(), dict[int, str]()
        for place, text in enumerate(() if self.tokenizer else values.words):
            words = split(text)[: self.longest]
            unknown = sum(all(self._name(each) not in self.codes for each in _spellings(word)) for word in words)
            usual = len(words) * self.new
            if unknown > 2 and unknown > len(words) / 2 and unknown > usual + STRANGE * (usual * (1 - self.new)) ** 0.5:
                strange[place] = f"has {unknown} words of {len(words)} that were never seen"
        return {int(row): strange[code] for row, code in enumerate(values.codes) if code in strange}

    def unknown(self, text: str) -> list[str]:
        """The words of a text that stand in no training text, however they are spelt.

        >>> asked = Text(); asked.codes = {"good": 2}; asked.unknown("Good grief")
        ['grief']
        """
        words = dict.fromkeys(split(text))
        return [word for word in words if all(self._name(each) not in self.codes for each in _spellings(word))]

    @cached_property
    def spelling(self) -> Array | None:
        """[codes, PARTS] int32: numbers of the pieces of three to five letters that each code's word has, its ends among
        the letters, 0 for none. None where words are not known by their letters: they are hashed, or of a tokenizer.

        >>> text = Text(); text.codes = {"night": 2, "…ght": 3}; found = text.spelling
        >>> len(set(found[2]) & set(found[3])) - 1  # "ght", "ht " and "ght "
        3
        """
        if self.private or self.tokenizer:
            return None
        found = np.zeros((self.form.sizes[0], PARTS), np.int32)
        for word, code in self.codes.items():
            open_, shut = word.endswith("…"), word.startswith("…")
            plain = f"{'' if shut else ' '}{word.strip('…')}{'' if open_ else ' '}"
            parts = dict.fromkeys(
                plain[start : start + size] for size in range(3, 6) for start in range(len(plain) - size + 1)
            )
            numbers = [zlib.crc32(part.encode()) >> 1 or 1 for part in list(parts)[:PARTS]]
            found[code, : len(numbers)] = numbers
        return found

    @cached_property
    def ends(self) -> Array | None:
        """[codes, 2, REACH] int32: numbers of the last one, two, … letters that each code's word has, and of the first ones,
        in small letters; 0 for none. None as of `spelling`.

        >>> text = Text(); text.codes = {"night": 2, "Light": 3}; found = text.ends
        >>> found[2, 0, 3] == found[3, 0, 3], found[2, 1, 0] == found[3, 1, 0]  # "ight" alike, "n" and "l" not
        (np.True_, np.False_)
        """
        if self.private or self.tokenizer:
            return None
        found = np.zeros((self.form.sizes[0], 2, REACH), np.int32)
        for word, code in self.codes.items():
            plain = word.strip("…").lower()
            sides = "" if word.endswith("…") else plain, "" if word.startswith("…") else plain
            for side, letters in enumerate(sides):
                for size in range(1, REACH + 1) if letters else ():
                    some = letters[:size] if side else letters[-size:]
                    found[code, side, size - 1] = (zlib.crc32(some.encode()) >> 12) + 1
        return found

    def state(self) -> Json:
        return {
            "private": self.private, "longest": self.longest, "new": self.new, "words": list(self.codes),
            "tokenizer": self.tokenizer,
        }  # fmt: skip

    @classmethod
    def restore(cls, state: Json) -> Self:
        text = cls(private=bool(state["private"]))
        text.longest, text.new = int(state["longest"]), float(state["new"])
        text.codes = {str(word): code for code, word in enumerate(state["words"], UNKNOWN + 1)}
        text.tokenizer = str(state["tokenizer"])
        return text

    def _cut(self, texts: Sequence[str]) -> list[list[int]]:
        """The codes of a pretrained network, and one more: 0 is for what fills a row up."""
        found = self._cutter.encode_batch(list(texts))
        return [[code + 1 for code in each.ids] if split(text) else [] for text, each in zip(texts, found, strict=True)]

    @cached_property
    def _cutter(self) -> Any:
        try:
            from tokenizers import Tokenizer
        except ModuleNotFoundError as error:
            raise MissingExtra("A text for a pretrained network", "pretrained") from error
        cutter = Tokenizer.from_str(self.tokenizer)
        cutter.no_padding()
        cutter.enable_truncation(self.longest)
        return cutter

    def _row(self, text: str, known: dict[str, int]) -> list[int]:
        """The codes of a text's words. known: of words that were looked up before."""
        codes = []
        for word in split(text)[: self.longest]:
            code = known.get(word)
            if code is None:
                ways = (*_spellings(word), *_pieces(word))
                code = known[word] = next(
                    (found for each in ways if (found := self.codes.get(self._name(each)))), UNKNOWN
                )
            codes.append(code)
        return codes

    def _name(self, word: str) -> str:
        return hashlib.blake2b(word.encode(), digest_size=8).hexdigest() if self.private else word


def split(text: str) -> list[str]:
    """Words, numbers and signs: `split("Don't stop!") == ["Don", "'t", "stop", "!"]`."""
    if text.isascii():
        return _ASCII.findall(text)
    return _pattern().findall(unicodedata.normalize("NFKC", text))


def words(text: str) -> int:
    """How many words a person counts: `words("Don't stop!") == 2`; in scripts without blanks, letters."""
    return len(text.split()) + (0 if text.isascii() else len(_UNSPACED.findall(text)))


_UNSPACED = re.compile(f"[{UNSPACED}]")
_ASCII = re.compile(r"(?<=\w)'\w+|\w+|[^\w\s]")


@cache
def _pattern() -> re.Pattern[str]:
    """As `_ASCII`, for every script: vowel signs and accents belong to the letter before."""
    signs = "".join(sign for sign in map(chr, range(0x300, 0x2000)) if unicodedata.category(sign)[0] == "M")
    word = rf"[^\W{UNSPACED}]+(?:[{signs}]+[^\W{UNSPACED}]*)*"
    return re.compile(rf"(?<=\w)['’]{word}|{word}|[{UNSPACED}][{signs}]*|[^\w\s]")


def _plain(word: str) -> str:
    """In small letters, each digit as 0: `_plain("B12") == "b00"`."""
    return re.sub(r"\d", "0", word.lower())


def _spellings(word: str) -> Iterator[str]:
    """As it is written, in small letters, with each digit as 0."""
    yield word
    yield word.lower()
    yield _plain(word)


def _pieces(word: str) -> Iterator[str]:
    """What a word ends with and begins with: `[*_pieces("Runs")] == ["…runs", "runs…", "…uns", "run…"]`."""
    plain = _plain(word)
    for size in PIECES:
        if len(plain) >= size or size == PIECES[-1]:
            yield f"…{plain[-size:]}"
            yield f"{plain[:size]}…"
