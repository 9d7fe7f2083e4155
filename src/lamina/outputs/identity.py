"""Which one it is, told by likeness: two examples are of the same one where they lie close to each other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lamina.core import Answers, Array, Coded, DataError, Json, Metrics, PlanError
from lamina.outputs._pairs import BINS, counted, distances, equal, loss, rates
from lamina.outputs._scores import sigmoid

if TYPE_CHECKING:
    from torch import Tensor

    from lamina.networks._heads import Sphere

PLACES = 256  # numbers that a place on the sphere has
MARGIN = 0.2  # by which the cosine to the right one has to exceed all others
SLOPES = np.exp(np.linspace(np.log(2), np.log(200), 41))


class Identity:
    """Learned by telling the known ones apart with a margin (Wang et al. 2018); a raw answer is a place on a sphere.

    People who are compared later were never learned from, so figures are of pairs: the share of mistakes where as many of
    the same are missed as different ones are taken for the same (equal error rate).
    trust: `threshold`, the distance within which two are the same; `slope`: of the probability there, which is told for
    as many pairs of the same as of different ones.
    """

    kind: ClassVar[str] = "identity"
    holds: ClassVar[str] = "category"
    better: ClassVar[dict[str, int]] = {"eer": -1, "auc": 1, "misses": -1}
    metric: ClassVar[str] = "eer"
    along: ClassVar[bool] = False

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.classes: tuple[str, ...] = ()
        self.threshold = 0.5
        self.slope = 10.0

    def observe(self, values: Coded) -> None:
        counts = zip(values.words, values.counts().tolist(), strict=True)
        self.counts.update({word: count for word, count in counts if count})

    def merge(self, other: Self) -> None:
        self.counts.update(other.counts)

    def settle(self) -> None:
        self.classes = tuple(sorted(self.counts))
        if sum(count > 1 for count in self.counts.values()) < 2:
            raise DataError("The target names hardly anyone twice. At least two examples each of several are needed.")

    def encode(self, values: Coded) -> tuple[Array, Array]:
        """Numbers of the known ones, and above them numbers for those that are new here."""
        place = {word: code for code, word in enumerate(self.classes)}
        codes = np.array([place.setdefault(word, len(place)) for word in values.words] + [-1], np.int64)[values.codes]
        return np.maximum(codes, 0), codes >= 0

    # ------------------------------------------------------------------------------------ the torch half

    def head(self, width: int, copies: int) -> Sphere:
        from lamina.networks._heads import Sphere

        return Sphere(width, PLACES, len(self.classes), copies)

    def losses(self, raw: Tensor, target: Tensor, smoothing: float) -> Tensor:
        """[B, k] from raw [B, k, K], what the head gives while it learns: sharpened cosines to each known one."""
        from torch.nn.functional import cross_entropy, one_hot

        from lamina.networks._heads import SHARP

        rows, copies, known = raw.shape
        harder = raw - SHARP * MARGIN * one_hot(target, known)[:, None]
        flat = harder.reshape(rows * copies, known)
        each = cross_entropy(flat, target.repeat_interleave(copies), reduction="none", label_smoothing=smoothing)
        return each.view(rows, copies)

    def combine(self, raw: Tensor) -> Tensor:
        """The places of all copies beside each other: the cosine of the whole is the mean of theirs."""
        found: Tensor = raw.flatten(1) / raw.shape[1] ** 0.5
        return found

    # ------------------------------------------------------------------------------------ the NumPy half

    def calibrate(self, raw: Array, target: Array, weight: Array | None = None) -> None:
        """Settle threshold and slope on pairs of ones never learned from; without any pair of either kind they stay."""
        same, other = counted(raw, target, weight)
        rate, threshold = equal(same, other)
        if np.isnan(rate):
            return
        self.threshold = threshold
        doubt = 1 / (len(target) + 2)
        self.slope = float(SLOPES[int(np.argmin([loss(same, other, threshold, slope, doubt) for slope in SLOPES]))])

    def same(self, a: Array, b: Array) -> tuple[Array, Array]:
        """Distances [N, M] of places [N, E] and [M, E], and the probability that two are of the same one."""
        apart = distances(a, b)
        return apart, sigmoid(self.slope * (self.threshold - apart))

    def answer(self, raw: Array) -> Answers:
        raise PlanError(
            "This model tells whether two examples are of the same one; it has no answer for one alone. "
            "Ask it: lamina compare MODEL A B (model.compare(a, b))."
        )

    def metrics(self, raw: Array, target: Array, weight: Array | None = None) -> dict[str, float]:
        """misses: share of the same that are missed where a hundredth of the different are taken for the same."""
        same, other = counted(raw, target, weight)
        if not same.sum() or not other.sum():
            return dict.fromkeys(self.better, float("nan"))
        missed, taken = rates(same, other)
        middle = (missed[1:] + missed[:-1]) / 2
        return {
            "eer": equal(same, other)[0],
            "auc": float(1 - middle @ np.diff(taken)),
            "misses": float(missed[int(np.searchsorted(taken, 0.01, side="right")) - 1]),
        }

    def score(self, raw: Array, target: Array, weight: Array, metric: str | None) -> float:
        if metric is not None:
            return self.better[metric] * self.metrics(raw, target, weight)[metric]
        same, other = counted(raw, target, weight)
        rate, threshold = equal(same, other)
        return -np.inf if np.isnan(rate) else -min(loss(same, other, threshold, slope) for slope in SLOPES[::8])

    def scaled(self, raw: Array) -> Array:
        return raw

    def mistakes(self, raw: Array, target: Array) -> tuple[float, float]:
        """At the settled threshold: shares of the same that are missed, and of the different taken for the same."""
        missed, taken = rates(*counted(raw, target))
        place = round(self.threshold * BINS / 2)
        return float(missed[place]), float(taken[place])

    def evidence(self, raw: Array, target: Array) -> tuple[Metrics, Array, Array]:
        """Rows of one belong together: how many people were judged says how sure a figure is, not how many pairs."""
        return self.metrics, raw, target

    def state(self) -> Json:
        return {"classes": list(self.classes), "threshold": self.threshold, "slope": self.slope}

    @classmethod
    def restore(cls, state: Json) -> Self:
        found = cls()
        found.classes = tuple(str(word) for word in state["classes"])
        found.threshold, found.slope = float(state["threshold"]), float(state["slope"])
        return found
