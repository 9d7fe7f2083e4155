"""How many: a count of events, by the loss that fits counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lamina.core import Answers, Array, DataError, Json, Metrics

if TYPE_CHECKING:
    from torch import Tensor, nn


class HowMany:
    """Learned by the Poisson log likelihood; raw answers [B, k, 1] are expected counts, never below 0.

    The interval is split-conformal, like that of a number, and begins at 0 at the lowest.
    """

    kind: ClassVar[str] = "how_many"
    holds: ClassVar[str] = "number"
    better: ClassVar[dict[str, int]] = {"deviance": -1, "rmse": -1, "mae": -1}
    metric: ClassVar[str] = "deviance"
    along: ClassVar[bool] = False
    level: ClassVar[float] = 0.9

    def __init__(self) -> None:
        self.highest = 0.0
        self.radius: float | None = None

    def observe(self, values: Array) -> None:
        known = values[np.isfinite(values)]
        if (known < 0).any():
            raise DataError(
                f"A count is 0 or more; {known.min():g} was found. For other numbers: --kind COLUMN=number."
            )
        self.highest = max(self.highest, float(known.max(initial=0.0)))

    def merge(self, other: Self) -> None:
        self.highest = max(self.highest, other.highest)

    def settle(self) -> None:
        if not self.highest:
            raise DataError("The target is never more than 0. Counts that differ are needed to learn from.")

    def encode(self, values: Array) -> tuple[Array, Array]:
        known = np.isfinite(values)
        return np.where(known, values, 0.0).astype(np.float32), known

    # how it learns

    def head(self, width: int, copies: int) -> nn.Module:
        from torch.nn.functional import softplus

        from lamina.networks._heads import Head

        class Positive(Head):
            def forward(self, features: Tensor) -> Tensor:
                return softplus(super().forward(features))

        return Positive(width, 1, copies)

    def losses(self, raw: Tensor, target: Tensor, smoothing: float) -> Tensor:
        expected = raw[:, :, 0].clamp_min(1e-6)
        return expected - target[:, None] * expected.log()

    def combine(self, raw: Tensor) -> Tensor:
        return raw.mean(1)

    # how it answers

    def calibrate(self, raw: Array, target: Array, weight: Array | None = None) -> None:
        errors = np.sort(np.abs(raw[:, 0] - target))
        rank = int(np.ceil((len(errors) + 1) * self.level))
        self.radius = float(errors[rank - 1]) if 0 < rank <= len(errors) else None

    def scaled(self, raw: Array) -> Array:
        return raw

    def answer(self, raw: Array) -> Answers:
        values = raw[:, 0].astype(np.float64)
        if self.radius is None:
            return Answers(values)
        return Answers(values, low=np.maximum(values - self.radius, 0.0), high=values + self.radius)

    def metrics(self, raw: Array, target: Array, weight: Array | None = None) -> dict[str, float]:
        expected = np.maximum(raw[:, 0].astype(np.float64), 1e-6)
        ratio = np.where(target > 0, target / expected, 1.0)
        deviance = 2 * (target * np.log(ratio) - (target - expected))
        errors = expected - target
        return {
            "deviance": float(np.average(deviance, weights=weight)),
            "rmse": float(np.sqrt(np.average(errors**2, weights=weight))),
            "mae": float(np.average(np.abs(errors), weights=weight)),
        }

    def score(self, raw: Array, target: Array, weight: Array, metric: str | None) -> float:
        name = metric or self.metric
        return self.better[name] * self.metrics(raw, target, weight)[name]

    def evidence(self, raw: Array, target: Array) -> tuple[Metrics, Array, None]:
        return self.metrics, raw, None

    def state(self) -> Json:
        return {"radius": self.radius}

    @classmethod
    def restore(cls, state: Json) -> Self:
        found = cls()
        found.radius = state["radius"]
        return found
