"""A direction in degrees as a point on a circle: 359 lies beside 1."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from lamina.core import Array, Encoded, Form, Json


class Angle:
    """Degrees to sine and cosine. Nothing is learned from the training rows.

    >>> Angle().encode(np.array([90.0])).values.round(3).tolist()
    [[1.0, 0.0]]
    """

    kind: ClassVar[str] = "angle"
    holds: ClassVar[str] = "number"  # cells are read as numbers: float64 [B], NaN where missing
    suffixes: ClassVar[frozenset[str]] = frozenset()  # it reads no files; an image says .png and the like
    form = Form("vector", (2,), (0, 0))  # two numbers

    def observe(self, values: Array) -> None:
        """A pass over training rows: nothing to learn."""

    def merge(self, other: Self) -> None:
        """What another pass has seen: nothing."""

    def settle(self) -> None:
        """Fix what `encode` needs: nothing."""

    def encode(self, values: Array) -> Encoded:
        turned = np.radians(np.asarray(values, np.float64))
        parts = np.stack([np.sin(turned), np.cos(turned)], axis=1)
        return Encoded(parts.astype(np.float32), np.isfinite(turned))

    def decode(self, x: Array) -> float:
        return float(np.degrees(np.arctan2(x[0], x[1])) % 360)

    def unlike(self, values: Any) -> dict[int, str]:
        return {int(row): "is no angle from 0 to 360" for row in np.flatnonzero((values < 0) | (values > 360))}

    def state(self) -> Json:
        return {}

    @classmethod
    def restore(cls, state: Json) -> Self:
        return cls()
