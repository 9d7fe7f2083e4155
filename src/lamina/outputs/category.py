"""One of two or more classes, with a calibrated confidence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from lamina.core import Answers, Array, Coded, DataError, Json, Metrics
from lamina.outputs._scores import auc, log_softmax, mean, softmax

if TYPE_CHECKING:
    from torch import Tensor

    from lamina.networks._heads import Head


class Category:
    """Learned by cross-entropy; several copies (an ensemble) answer by the log of their mean probability.

    trust: `temperature` divides the raw answers (Guo et al. 2017); `costs` [K][K], row: the truth, column: the answer.
    """

    kind: ClassVar[str] = "category"
    holds: ClassVar[str] = "category"
    better: ClassVar[dict[str, int]] = {
        "accuracy": 1, "balanced_accuracy": 1, "log_loss": -1, "auc": 1, "f1": 1, "cost": -1,
    }  # fmt: skip
    metric: ClassVar[str] = "accuracy"
    along: ClassVar[bool] = False

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.classes: tuple[str, ...] = ()
        self.temperature = 1.0
        self.costs: Array | None = None

    def observe(self, values: Coded) -> None:
        counts = zip(values.words, values.counts().tolist(), strict=True)
        self.counts.update({word: count for word, count in counts if count})

    def merge(self, other: Self) -> None:
        self.counts.update(other.counts)

    def settle(self) -> None:
        self.classes = tuple(sorted(self.counts, key=_natural))
        if len(self.classes) < 2:
            seen = f"only '{self.classes[0]}'" if self.classes else "no label at all"
            raise DataError(f"The target has {seen}. At least two classes are needed to learn to tell them apart.")

    @property
    def width(self) -> int:
        return len(self.classes)

    def encode(self, values: Coded) -> tuple[Array, Array]:
        place = {word: code for code, word in enumerate(self.classes)}
        codes = np.array([place.get(word, -1) for word in values.words] + [-1], np.int64)[values.codes]
        return np.maximum(codes, 0), codes >= 0

    # ------------------------------------------------------------------------------------ the torch half

    def head(self, width: int, copies: int) -> Head:
        from lamina.networks._heads import Head

        return Head(width, len(self.classes), copies)

    def losses(self, raw: Tensor, target: Tensor, smoothing: float) -> Tensor:
        """[B, k] from raw [B, k, K] and target [B], class numbers."""
        from torch.nn.functional import cross_entropy

        rows, copies, classes = raw.shape
        flat = raw.reshape(rows * copies, classes)
        each = cross_entropy(flat, target.repeat_interleave(copies), reduction="none", label_smoothing=smoothing)
        return each.view(rows, copies)

    def combine(self, raw: Tensor) -> Tensor:
        if raw.shape[1] == 1:
            return raw[:, 0]
        return raw.log_softmax(2).exp().mean(1).clamp_min(1e-12).log()

    # ------------------------------------------------------------------------------------ the NumPy half

    def calibrate(self, raw: Array, target: Array, weight: Array | None = None) -> None:
        """Settle the temperature on held-out rows: the one that gives their labels the least log loss.

        One row's worth of doubt is added, spread over the classes (in the manner of Platt 1999): few rows that are nearly
        all right do not make it certain.
        """
        if len(target) < 10:
            return
        doubt = 1 / (len(target) + 1)
        chosen = (1 - doubt) * raw[np.arange(len(target)), target] + doubt * raw.mean(axis=1)
        grid = np.exp(np.linspace(np.log(0.2), np.log(5), 41))

        def loss(temperature: float) -> float:
            scaled = raw / temperature
            top = scaled.max(axis=1)
            return mean(np.log(np.exp(scaled - top[:, None]).sum(1)) + top - chosen / temperature, weight)

        best = int(np.argmin([loss(float(t)) for t in grid]))
        near = np.exp(np.linspace(np.log(grid[max(best - 1, 0)]), np.log(grid[min(best + 1, 40)]), 21))
        self.temperature = float(near[int(np.argmin([loss(float(t)) for t in near]))])

    def decide(self, shares: Array) -> Array:
        """The class that costs least on average; without costs, the most probable one."""
        choice: Array = np.argmax(shares, 1) if self.costs is None else np.argmin(shares @ self.costs, 1)
        return choice

    def threshold(self) -> float | None:
        """For two classes: the probability of the second from which it is answered."""
        if len(self.classes) != 2:
            return None
        if self.costs is None:
            return 0.5
        false_alarm, miss = self.costs[0, 1] - self.costs[0, 0], self.costs[1, 0] - self.costs[1, 1]
        return float(false_alarm / (false_alarm + miss))

    def answer(self, raw: Array) -> Answers:
        shares = softmax(raw / self.temperature)
        choice = self.decide(shares)
        values = np.array(self.classes, object)[choice]
        return Answers(values, shares[np.arange(len(shares)), choice], classes=self.classes, shares=shares)

    def metrics(self, raw: Array, target: Array, weight: Array | None = None) -> dict[str, float]:
        """raw [B, K] of whatever origin: calibrated, or a baseline's log-probabilities."""
        logs = log_softmax(raw)
        choice = self._choice(raw)
        pairs = np.bincount(target * self.width + choice, weight, self.width**2).reshape(self.width, self.width)
        total, hits, seen = pairs.sum(1), pairs.diagonal(), pairs.sum(1) > 0
        found = {
            "accuracy": mean((choice == target).astype(np.float64), weight),
            "balanced_accuracy": float((hits[seen] / total[seen]).mean()) if seen.any() else float("nan"),
            "log_loss": mean(-np.maximum(logs[np.arange(len(target)), target], -30), weight),
        }
        with np.errstate(invalid="ignore"):
            f1 = 2 * hits / (total + pairs.sum(0))
        if self.width == 2:
            found["auc"] = auc(raw[:, 1] - raw[:, 0], target == 1, weight)  # of logs, ties would break
            found["f1"] = float(f1[1])
        else:
            found["f1"] = float(f1[seen].mean()) if seen.any() else float("nan")
        if self.costs is not None:
            found["cost"] = mean(self.costs[target, choice], weight)
        return found

    def _choice(self, raw: Array) -> Array:
        return self.decide(raw if self.costs is None else softmax(raw))

    def score(self, raw: Array, target: Array, weight: Array, metric: str | None) -> float:
        if metric == "accuracy":  # alone, since shuffling columns asks for it thousands of times
            return mean((self._choice(raw) == target).astype(np.float64), weight)
        if metric is not None:
            return self.better[metric] * self.metrics(raw, target, weight)[metric]
        # Log loss at its best temperature: over-confidence is mended after learning and should not choose the weights.
        return -min(
            mean(-log_softmax(raw / t)[np.arange(len(target)), target], weight) for t in (0.5, 0.7, 1.0, 1.4, 2.0, 3.0)
        )

    def scaled(self, raw: Array) -> Array:
        """Raw answers with the temperature applied."""
        result: Array = raw / self.temperature
        return result

    def evidence(self, raw: Array, target: Array) -> tuple[Metrics, Array, None]:
        return self.metrics, raw, None

    def state(self) -> Json:
        costs = None if self.costs is None else self.costs.tolist()
        return {"classes": list(self.classes), "temperature": self.temperature, "costs": costs}

    @classmethod
    def restore(cls, state: Json) -> Self:
        category = cls()
        category.classes = tuple(str(word) for word in state["classes"])
        category.temperature = float(state["temperature"])
        category.costs = None if state["costs"] is None else np.array(state["costs"], np.float64)
        return category


def _natural(word: str) -> tuple[Any, ...]:
    """Numbers in their order, then words: 2 before 10."""
    try:
        return (0, float(word), word)
    except ValueError:
        return (1, 0.0, word)
