"""Is this example unlike the training data? Distance to the nearest group of training features, against held-out rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamina.core import Array, chunks
from lamina.found._near import groups, squares

GROUPS = 200
ENOUGH = 20  # held-out rows, at least, that say what is far
ALARM = 0.01  # share of ordinary rows that may be flagged


@dataclass(slots=True)
class Novelty:
    """center, scale: [F]; groups: [m, F] means of training features (never one row alone); limit: the distance above
    which at most a hundredth of held-out rows lie (a split-conformal threshold)."""

    center: Array
    scale: Array
    groups: Array
    limit: float

    @classmethod
    def fit(cls, features: Array, held_out: Array, rng: np.random.Generator) -> Novelty:
        """features: [N, F] of training rows, held_out: [M, F] of rows never trained on."""
        features = features.astype(np.float32)
        center, scale = features.mean(0), features.std(0)
        scale = np.where(scale > 1e-6 * max(float(scale.max(initial=0)), 1e-30), scale, np.inf).astype(np.float32)
        found = cls(center, scale, np.zeros((0, features.shape[1]), np.float32), np.inf)
        sample = found._scaled(features[rng.permutation(len(features))[:5_000]])
        found.groups = groups(sample, min(GROUPS, max(1, len(sample) // 10)), rng)
        found.limit = cls.farthest(found.distance(held_out))
        return found

    @staticmethod
    def farthest(distances: Array) -> float:
        """The distance above which at most a hundredth of held-out rows lie, from theirs; of too few none is too far."""
        if len(distances) < ENOUGH:
            return np.inf
        rank = min(int(np.ceil((len(distances) + 1) * (1 - ALARM))), len(distances))
        return float(np.sort(distances)[rank - 1])

    def distance(self, features: Array) -> Array:
        """[B] from [B, F]: root mean squared difference to the nearest group, in units of the training spread."""
        found = [np.sqrt(squares(self._scaled(piece), self.groups).min(1)) for piece in chunks(features, 4096)]
        result: Array = np.concatenate(found) if found else np.zeros(0)
        result /= np.sqrt(max(np.isfinite(self.scale).sum(), 1))
        return result

    def unlike(self, features: Array) -> Array:
        result: Array = self.distance(features) > self.limit * (1 + 1e-5)
        return result

    def _scaled(self, features: Array) -> Array:
        result: Array = (features - self.center) / self.scale
        return result
