"""A moment as numbers: how long ago, and where in the year, the week and the day it lies."""

from __future__ import annotations

import math
from typing import ClassVar, Self

import numpy as np

from lamina.core import Array, Encoded, Form, Json

DAY = 86_400.0
YEAR = 365.2425 * DAY


class Date:
    """Seconds since 1970 (UTC) to years since the first one seen, and sine and cosine of the time of year, week, day.

    On a circle the last day of December lies beside the first of January.

    >>> date = Date(); date.observe(np.array([0.0, 86400.0])); date.settle(); date.encode(np.array([0.0])).values.shape
    (1, 7)
    """

    kind: ClassVar[str] = "date"
    holds: ClassVar[str] = "date"
    suffixes: ClassVar[frozenset[str]] = frozenset()
    form = Form("vector", (7,), (0,) * 7)

    def __init__(self) -> None:
        self.low = math.inf
        self.high = -math.inf

    def observe(self, values: Array) -> None:
        known = values[np.isfinite(values)]
        if len(known):
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))

    def merge(self, other: Self) -> None:
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    def settle(self) -> None:
        if not math.isfinite(self.low):
            self.low = self.high = 0.0

    def encode(self, values: Array) -> Encoded:
        values = np.asarray(values, np.float64)
        turns = (
            2 * np.pi * np.stack([values / YEAR, (values / DAY + 3) / 7, values / DAY], axis=1)
        )  # 1970 began on a Thursday
        parts = np.concatenate([(values[:, None] - self.low) / YEAR, np.sin(turns), np.cos(turns)], axis=1)
        return Encoded(parts.astype(np.float32), np.isfinite(values))

    def decode(self, x: Array) -> str:
        return str(np.datetime64(int(float(x[0]) * YEAR + self.low), "s"))

    def unlike(self, values: Array) -> dict[int, str]:
        """Rows long before or after every date seen (by more than a tenth of their span)."""
        margin = max((self.high - self.low) / 10, DAY)
        outside = (values < self.low - margin) | (values > self.high + margin)
        return {int(row): "is outside the dates learned from" for row in np.flatnonzero(outside)}

    def state(self) -> Json:
        return {"low": self.low, "high": self.high}

    @classmethod
    def restore(cls, state: Json) -> Self:
        date = cls()
        date.low, date.high = float(state["low"]), float(state["high"])
        return date
