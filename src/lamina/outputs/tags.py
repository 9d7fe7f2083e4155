"""Several words at once, each its own yes or no."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from lamina.core import Answers, Array, DataError, Json, Metrics
from lamina.outputs._scores import auc, mean, sigmoid

if TYPE_CHECKING:
    from torch import Tensor

    from lamina.networks._heads import Head


class Tags:
    """Learned by one binary cross-entropy per tag; an answer holds the tags that are more likely than not."""

    kind: ClassVar[str] = "tags"
    holds: ClassVar[str] = "tags"
    better: ClassVar[dict[str, int]] = {"f1": 1, "exact": 1, "hamming": 1, "auc": 1, "log_loss": -1}
    metric: ClassVar[str] = "f1"
    along: ClassVar[bool] = False

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.classes: tuple[str, ...] = ()
        self.temperature = 1.0

    def observe(self, values: list[list[str] | None]) -> None:
        for tags in values:
            self.counts.update(set(tags or ()))

    def merge(self, other: Self) -> None:
        self.counts.update(other.counts)

    def settle(self) -> None:
        self.classes = tuple(sorted(self.counts))
        if not self.classes:
            raise DataError("The target holds no tag at all. At least one row needs a tag.")

    @property
    def width(self) -> int:
        return len(self.classes)

    def encode(self, values: list[list[str] | None]) -> tuple[Array, Array]:
        place = {word: code for code, word in enumerate(self.classes)}
        target = np.zeros((len(values), len(self.classes)), np.float32)
        for row, tags in enumerate(values):
            target[row, [place[tag] for tag in tags or () if tag in place]] = 1
        return target, np.array([tags is not None for tags in values], bool)

    # ------------------------------------------------------------------------------------ the torch half

    def head(self, width: int, copies: int) -> Head:
        from lamina.networks._heads import Head

        return Head(width, len(self.classes), copies)

    def losses(self, raw: Tensor, target: Tensor, smoothing: float) -> Tensor:
        from torch.nn.functional import binary_cross_entropy_with_logits as entropy

        soft = target * (1 - smoothing) + smoothing / 2
        return entropy(raw, soft[:, None].expand_as(raw), reduction="none").mean(2)

    def combine(self, raw: Tensor) -> Tensor:
        return raw[:, 0] if raw.shape[1] == 1 else raw.sigmoid().mean(1).clamp(1e-7, 1 - 1e-7).logit()

    # ------------------------------------------------------------------------------------ the NumPy half

    def calibrate(self, raw: Array, target: Array, weight: Array | None = None) -> None:
        """Settle one temperature for all tags on held-out rows."""
        if len(target) >= 10:
            grid = np.exp(np.linspace(np.log(0.2), np.log(5), 81))
            self.temperature = float(grid[int(np.argmin([self._loss(raw / t, target, weight) for t in grid]))])

    def answer(self, raw: Array) -> Answers:
        shares = sigmoid(raw / self.temperature)
        chosen = shares > 0.5
        names = np.array(self.classes, object)
        values = np.empty(len(raw), object)
        for row in range(len(raw)):
            values[row] = names[chosen[row]].tolist()
        confidence = np.where(chosen, shares, 1 - shares).prod(axis=1)  # that the whole list is right
        return Answers(values, confidence, classes=self.classes, shares=shares)

    def metrics(self, raw: Array, target: Array, weight: Array | None = None) -> dict[str, float]:
        chosen, truth = raw > 0, target > 0.5
        each = (np.ones(len(target)) if weight is None else weight)[:, None]
        hit = (each * (chosen & truth)).sum(0)
        both = (each * chosen).sum(0) + (each * truth).sum(0)
        present = both > 0
        areas = [auc(raw[:, k], truth[:, k], weight) for k in range(self.width)]
        return {
            "f1": float((2 * hit[present] / both[present]).mean()) if present.any() else float("nan"),
            "exact": mean((chosen == truth).all(1).astype(np.float64), weight),
            "hamming": mean((chosen == truth).mean(1), weight),
            "auc": float(np.nanmean(areas)) if not np.isnan(areas).all() else float("nan"),
            "log_loss": self._loss(raw, target, weight),
        }

    def score(self, raw: Array, target: Array, weight: Array, metric: str | None) -> float:
        if metric is not None:
            return self.better[metric] * self.metrics(raw, target, weight)[metric]
        return -min(self._loss(raw / t, target, weight) for t in (0.7, 1.0, 1.4, 2.0))

    def scaled(self, raw: Array) -> Array:
        result: Array = raw / self.temperature
        return result

    def evidence(self, raw: Array, target: Array) -> tuple[Metrics, Array, None]:
        return self.metrics, raw, None

    def state(self) -> Json:
        return {"classes": list(self.classes), "temperature": self.temperature}

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Self:
        tags = cls()
        tags.classes = tuple(str(word) for word in state["classes"])
        tags.temperature = float(state["temperature"])
        return tags

    @staticmethod
    def _loss(raw: Array, target: Array, weight: Array | None) -> float:
        return mean((np.logaddexp(0, raw) - raw * target).mean(1), weight)
