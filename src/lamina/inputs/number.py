"""A column of numbers. The network scales and clips; here only a far-away origin is moved, to keep float32 exact."""

from __future__ import annotations

import math
from typing import ClassVar, Self

import numpy as np

from lamina.core import Array, Encoded, Form, Json


class Number:
    """Numbers as they are: raw units, NaN where missing.

    A column such as 1,700,000,000 ± 10 would lose its differences in float32, so its mean is subtracted first.

    >>> number = Number(); number.observe(np.array([1.0, 2.0, np.nan])); number.settle()
    >>> number.encode(np.array([2.0])).values.tolist()
    [[2.0]]
    """

    kind: ClassVar[str] = "number"
    holds: ClassVar[str] = "number"
    suffixes: ClassVar[frozenset[str]] = frozenset()
    form = Form("vector", (1,), (0,))

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.squares = 0.0
        self.low = math.inf
        self.high = -math.inf
        self.shift = 0.0

    def observe(self, values: Array) -> None:
        known = values[np.isfinite(values)].astype(np.float64, copy=False)
        if len(known):
            self.count += len(known)
            self.total += float(known.sum())
            self.squares += float(np.square(known).sum())
            self.low = min(self.low, float(known.min()))
            self.high = max(self.high, float(known.max()))

    def merge(self, other: Self) -> None:
        self.count += other.count
        self.total += other.total
        self.squares += other.squares
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    def settle(self) -> None:
        if not self.count:
            return
        mean, width = self.total / self.count, self.high - self.low
        if abs(mean) > 1e4 * width > 0:
            self.shift = float(np.round(mean))

    def encode(self, values: Array) -> Encoded:
        values = np.asarray(values, np.float64)
        shifted = (values - self.shift if self.shift else values).astype(np.float32)[:, None]
        present = np.isfinite(shifted[:, 0])
        if not present.all():
            shifted[~present] = np.nan
        return Encoded(shifted, present)

    def decode(self, x: Array) -> float:
        return float(x[0]) + self.shift

    def unlike(self, values: Array) -> dict[int, str]:
        """Rows whose number lies outside what was seen, with a margin of a tenth of the range."""
        if not self.low < self.high:
            return {}
        margin = (self.high - self.low) / 10
        outside = (values < self.low - margin) | (values > self.high + margin)
        return {
            int(row): f"{values[row]:g} is outside {self.low:g} to {self.high:g}" for row in np.flatnonzero(outside)
        }

    def state(self) -> Json:
        finite = self.low <= self.high  # also where they were restored
        return {"shift": self.shift, "low": self.low if finite else None, "high": self.high if finite else None}

    @classmethod
    def restore(cls, state: Json) -> Self:
        number = cls()
        number.shift = float(state["shift"])
        if state["low"] is not None:
            number.low, number.high = float(state["low"]), float(state["high"])
        return number
