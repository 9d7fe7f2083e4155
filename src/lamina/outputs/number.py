"""A continuous value, with an interval that holds as often as it promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lamina.core import Answers, Array, DataError, Json, Metrics
from lamina.outputs._scores import mean

if TYPE_CHECKING:
    from torch import Tensor

    from lamina.networks._heads import Head

LEVEL = 0.9  # how often an interval is to hold


class Number:
    """Learned by squared error in units of the training spread; raw answers are in the target's own units.

    trust: `radius`, the split-conformal half width (Papadopoulos et al. 2002): the held-out errors' quantile of rank
    ⌈(n+1)·level⌉, so that new rows from the same source fall within it at least `level` of the time.
    """

    kind: ClassVar[str] = "number"
    holds: ClassVar[str] = "number"
    better: ClassVar[dict[str, int]] = {"rmse": -1, "mae": -1, "r2": 1, "coverage": 1, "interval_width": -1}
    metric: ClassVar[str] = "rmse"
    along: ClassVar[bool] = False
    width = 1

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.squares = 0.0
        self.low, self.high = np.inf, -np.inf
        self.scale = 1.0
        self.radius: float | None = None

    def observe(self, values: Array) -> None:
        known = values[np.isfinite(values)].astype(np.float64)
        if len(known):
            self.count += len(known)
            self.total += float(known.sum())
            self.squares += float(np.square(known).sum())
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))

    def merge(self, other: Self) -> None:
        self.count += other.count
        self.total += other.total
        self.squares += other.squares
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)

    def settle(self) -> None:
        if not self.count or not self.low < self.high:
            seen = f"{self.count} times the same number" if self.count else "no number at all"
            raise DataError(f"The target holds {seen}. Different known values are needed to learn from.")
        middle = self.total / self.count
        variance = max(self.squares / self.count - middle**2, 0.0)
        self.scale = max(float(np.sqrt(variance)), 1e-12 * (self.high - self.low))

    def encode(self, values: Array) -> tuple[Array, Array]:
        known = np.isfinite(values)
        return np.where(known, values, 0.0).astype(np.float32), known

    # ------------------------------------------------------------------------------------ the torch half

    def head(self, width: int, copies: int) -> Head:
        from lamina.networks._heads import NumberHead

        return NumberHead(width, copies)

    def losses(self, raw: Tensor, target: Tensor, smoothing: float) -> Tensor:
        return ((raw[:, :, 0] - target[:, None]) / self.scale).square()

    def combine(self, raw: Tensor) -> Tensor:
        return raw.mean(1)

    # ------------------------------------------------------------------------------------ the NumPy half

    def calibrate(self, raw: Array, target: Array, weight: Array | None = None) -> None:
        """Settle the interval on held-out rows; too few of them (under 10) promise nothing."""
        errors = np.sort(np.abs(raw[:, 0] - target))
        rank = int(np.ceil((len(errors) + 1) * LEVEL))
        self.radius = float(errors[rank - 1]) if 0 < rank <= len(errors) else None

    def answer(self, raw: Array) -> Answers:
        values = raw[:, 0].astype(np.float64)
        if self.radius is None:
            return Answers(values)
        return Answers(values, low=values - self.radius, high=values + self.radius)

    def metrics(self, raw: Array, target: Array, weight: Array | None = None) -> dict[str, float]:
        errors = raw[:, 0].astype(np.float64) - target
        squared = mean(np.square(errors), weight)
        spread = mean(np.square(target - mean(target, weight)), weight)
        found = {"rmse": float(np.sqrt(squared)), "mae": mean(np.abs(errors), weight)}
        found["r2"] = 1 - squared / spread if spread > 0 else float("nan")
        if self.radius is not None:
            found["coverage"] = mean((np.abs(errors) <= self.radius).astype(np.float64), weight)
        return found

    def score(self, raw: Array, target: Array, weight: Array, metric: str | None) -> float:
        if metric is not None:
            return self.better[metric] * self.metrics(raw, target, weight)[metric]
        return -self.metrics(raw, target, weight)["rmse"] / self.scale

    def scaled(self, raw: Array) -> Array:
        return raw

    def evidence(self, raw: Array, target: Array) -> tuple[Metrics, Array, None]:
        return self.metrics, raw, None

    def state(self) -> Json:
        return {"scale": self.scale, "radius": self.radius}

    @classmethod
    def restore(cls, state: Json) -> Self:
        number = cls()
        number.scale = float(state["scale"])
        number.radius = None if state["radius"] is None else float(state["radius"])
        return number
