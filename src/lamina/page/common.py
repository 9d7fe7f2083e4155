"""What some examples have in common more than all do, in words: so that a neuron that looks at a table or a text can be read."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from lamina.core import Array, Coded
from lamina.examples import Examples
from lamina.insight.metrics import short

MOST = 3
APART = 1.0  # standard deviations between the few and all, from which on a number stands out
AGREE = 2 / 3  # of the few have to hold a word
RARER = 0.3  # by how much the share among all has to be below that among the few
WORD = re.compile(r"\w[\w']*")


class Common:
    """examples: all that are looked at; columns: of their inputs, by name, as `Examples.kinds` has them.

    >>> from lamina.examples import read
    >>> seen = read({"x": [1.0] * 50 + [9.0] * 5, "town": ["Bonn"] * 50 + ["Cork"] * 5})
    >>> Common(seen, ["x", "town"]).of(np.arange(50, 55))
    ['town: Cork', 'x 9 (usually 1)']
    """

    def __init__(self, examples: Examples, columns: list[str]) -> None:
        self._numbers: dict[str, Array] = {}
        self._words: dict[str, Coded] = {}
        self._texts: dict[str, list[set[str]]] = {}
        self._often: dict[str, Counter[str]] = {}
        for column in columns:
            match examples.kinds[column].held if column in examples.kinds else "":
                case "number":
                    self._numbers[column] = np.asarray(examples.values(column), np.float64)
                case "category":
                    self._words[column] = examples.values(column)
                case "text":
                    values: Any = examples.values(column)
                    found = [set(WORD.findall((each or "").lower())) for each in values.tolist()]
                    self._texts[column] = found
                    self._often[column] = Counter(word for each in found for word in each)

    def of(self, rows: Array) -> list[str]:
        """At most three things that the rows share, the most telling first. rows: their positions."""
        if len(rows) < 3:
            return []
        found = [self._number(column, rows) for column in self._numbers]
        found += [self._word(column, rows) for column in self._words]
        found += [each for column in self._texts for each in self._text(column, rows)]
        told = sorted((each for each in found if each is not None), key=lambda each: -each[0])
        return [said for _, said in told[:MOST]]

    def _number(self, column: str, rows: Array) -> tuple[float, str] | None:
        every = self._numbers[column]
        every, few = every[np.isfinite(every)], every[rows][np.isfinite(every[rows])]
        spread = float(every.std()) if len(every) else 0.0
        if len(few) < AGREE * len(rows) or spread <= 0:
            return None
        apart = abs(float(few.mean() - every.mean())) / spread
        if apart < APART:
            return None
        low, high = float(few.min()), float(few.max())
        here = short(low) if low == high else f"{short(low)} to {short(high)}"
        return min(apart, 4.0) / 4, f"{column} {here} (usually {short(float(np.median(every)))})"

    def _word(self, column: str, rows: Array) -> tuple[float, str] | None:
        coded = self._words[column]
        few = coded.codes[rows]
        if not (few >= 0).any():
            return None
        counts = np.bincount(few[few >= 0])
        code = int(counts.argmax())
        share, usual = counts[code] / len(rows), float((coded.codes == code).mean())
        if share < AGREE or share - usual < RARER:
            return None
        return share - usual, f"{column}: {coded.words[code]}"

    def _text(self, column: str, rows: Array) -> list[tuple[float, str]]:
        texts, often = self._texts[column], self._often[column]
        few = Counter(word for row in rows.tolist() for word in texts[row])
        found = []
        for word, count in few.items():
            share, usual = count / len(rows), often[word] / len(texts)
            if share >= AGREE and share - usual >= RARER:
                found.append((share - usual, f"“{word}”"))
        return found
