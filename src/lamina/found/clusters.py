"""Which cluster an example belongs to: by Gaussians, where their number was given, else by the nearest known examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from lamina.core import Answers, Array, Json, Layout, Table, chunks
from lamina.found._near import squares

NONE = "none"  # the answer for what lies in no cluster
VOTES = 10  # nearest known examples that are asked
POINTS = 4_000  # known examples that vote, at most
CLOSE = (
    1e-3  # of the spread of the known examples: nearer ones lie at the same place, however their features were rounded
)
BEYOND = 0.01  # share of the known examples that lie farther from what they belong to than what is unlike them all


class Clusters:
    """On the map [B, d] that a network makes of an example; or, where there are axes [F, d], on these of its values [B, F].

    Either a mixture of Gaussians: means [K, d]; turns [K, d, d], which make each round; heights [K], their logarithms.
    Or known examples: points [m, d] and the cluster of each, of which the nearest vote. far: farther than nearly all
    known examples are, an example lies in no cluster.
    """

    kind: ClassVar[str] = "clusters"
    column: ClassVar[str] = "cluster"

    def __init__(self, layout: Layout, names: tuple[str, ...] = ()) -> None:
        self.layout, self.names = layout, names
        nothing: Array = np.zeros(0)
        self.means = self.turns = self.heights = self.points = self.members = nothing
        self.axes: Array = np.zeros((0, 0))
        self.far = np.inf

    # ------------------------------------------------------------------------------------------- learning

    def fit_mixture(self, places: Array, means: Array, covariances: Array, weights: Array) -> None:
        """From a mixture that was fitted on places [N, d]."""
        inverse = np.linalg.inv(np.linalg.cholesky(covariances))
        self.means, self.turns = means, inverse
        self.heights = np.log(weights) + np.log(np.abs(np.diagonal(inverse, axis1=1, axis2=2))).sum(1)
        self.far = float(np.quantile(self._away(places).min(1), 1 - BEYOND))

    def fit_points(self, places: Array, members: Array) -> None:
        """From known places [N, d] and the cluster of each, -1 for none."""
        inside = np.flatnonzero(members >= 0)
        inside = np.sort(np.random.default_rng(0).permutation(inside)[:POINTS])
        self.points, self.members = places[inside], members[inside]
        own = np.concatenate(
            [np.sort(np.partition(squares(p, self.points), 1)[:, :2])[:, 1] for p in chunks(self.points, 512)]
        )
        self.far = float(np.sqrt(np.quantile(own, 1 - BEYOND)))

    # ------------------------------------------------------------------------------------------ answering

    def places(self, features: Array) -> Array:
        """[B, d] where clusters lie."""
        if len(self.axes):
            return np.asarray(self.layout.cut(features, "values").astype(np.float64) @ self.axes)
        return np.asarray(self.layout.cut(features, "map").astype(np.float64))

    def shares(self, features: Array) -> tuple[Array, Array]:
        """[B, K] how far each belongs to each cluster, and [B] whether it lies in none."""
        places = self.places(features)
        if len(self.means):
            away = self._away(places)
            raw = self.heights - away**2 / 2
            found = np.exp(raw - raw.max(1, keepdims=True))
            found /= found.sum(1, keepdims=True)
            return found, away.min(1) > self._limit(0.0)
        found, nearest = np.zeros((len(places), len(self.names))), np.zeros(len(places))
        votes = min(VOTES, int(np.bincount(self.members.astype(int)).min()))  # the smallest cluster can win
        for start in range(0, len(places), 512):
            away = squares(places[start : start + 512], self.points)
            closest = np.argpartition(away, votes - 1, axis=1)[:, :votes]
            for vote in closest.T:
                found[np.arange(start, start + len(away)), self.members[vote].astype(int)] += 1 / votes
            nearest[start : start + len(away)] = np.sqrt(away.min(1))
        return found, nearest > self._limit(float(np.sqrt(self.points.var(0).sum())))

    def answer(self, features: Array, rows: Table) -> Answers:
        """The cluster of each row, how sure it is, and whether it lies in none."""
        shares, outside = self.shares(features)
        values = np.array([*self.names, NONE], object)[np.where(outside, len(self.names), shares.argmax(1))]
        reasons: dict[int, tuple[str, ...]] = {
            int(row): ("lies apart from all clusters",) for row in np.flatnonzero(outside)
        }
        sure = shares.max(1, initial=0.0)
        return Answers(values, sure, self.names, shares, unlike=outside, reasons=reasons)

    def _limit(self, spread: float) -> float:
        """Farther than that lies what is in no cluster: copies of a known example do not, though rounding moves them."""
        return max(self.far * (1 + 1e-4), CLOSE * spread)

    def _away(self, places: Array) -> Array:
        """[B, K]: the distance to each mean in units of its spread that way."""
        off = places[:, None] - self.means
        found: Array = np.sqrt((np.einsum("bkd,ked->bke", off, self.turns) ** 2).sum(2))
        return found

    # --------------------------------------------------------------------------------------------- files

    def state(self) -> Json:
        return {
            "parts": [list(each) for each in self.layout.parts],
            "classes": list(self.names),
            "far": self.far if np.isfinite(self.far) else None,
        }

    def arrays(self) -> dict[str, Array]:
        return {name: getattr(self, name) for name in ("means", "turns", "heights", "points", "members", "axes")}

    def large(self) -> dict[str, Array]:
        return {}

    @classmethod
    def restore(cls, state: Json, arrays: Mapping[str, Array]) -> Self:
        found = cls(Layout(tuple(map(tuple, state["parts"]))), tuple(state["classes"]))
        found.far = np.inf if state["far"] is None else float(state["far"])
        for name in found.arrays().keys() & arrays.keys():  # before there were axes, clusters lay on the map
            setattr(found, name, arrays[name])
        return found
