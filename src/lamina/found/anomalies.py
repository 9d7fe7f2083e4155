"""What is odd: far from every known example, or of a kind that a network cannot draw again; with a stated rate of false alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np

from lamina.core import Answers, Array, Json, Layout, Table
from lamina.found import _usual
from lamina.found._near import blocks, groups, squares

MEMORY = 4096  # examples that new ones are compared with
# A number: how far the nearest of a handful of so many examples is, on average over all handfuls.
MEASURES = "8", "32", "nearest", "spread", "drawn"
OF_PICTURES = ("nearest",)
NEAREST = 5  # in the whole memory
TOGETHER = 4  # with nothing private to be kept: rows that become one mean in the memory
SAME = 1e-3  # a feature's distance below which two rows are the same
EVEN = 1e-6  # of the largest figure: closer ones are the same
RANKS = 200  # places by which a member's figure is turned into how rare it is
SHARE = 0.15  # of a row's oddness that a column must have to be named
NAMED = 3  # columns, and examples, that are named
ARRAYS = "memory", "center", "scale", "turn", "drawn", "odd", "side", "ranks"


class Anomalies:
    """Several measures of oddness, each turned into how rare it is among normal rows, and averaged.

    Distance to the nearest of many small handfuls of known examples (LeSiNN, Pang et al. 2015: a few odd rows among the
    known hide no others), to the nearest five of all, how badly the row is drawn again, and how far it lies from the
    middle where columns that move together count once (Mahalanobis 1936). Of pictures, the nearest five alone.

    Where some rows are known to be odd, two more count as much as all those together: how much nearer a row lies to one of them
    than to what is usual, and how far on their side of it (Fisher 1936). Nothing else is chosen by labels.

    alarms: share of normal rows that may be flagged. limit: the split-conformal threshold (Papadopoulos et al. 2002):
    of rows like those held out, at most `promised` lie above it. A score is in units of the limit.
    """

    kind: ClassVar[str] = "anomalies"
    column: ClassVar[str] = "anomaly"

    def __init__(self, layout: Layout, alarms: float = 0.01, measures: Sequence[str] = MEASURES) -> None:
        self.layout, self.alarms, self.which = layout, alarms, tuple(measures)
        self.limit = np.inf
        self.promised = 0.0
        self.names: list[str] = []  # of the examples in memory
        self.usual: dict[str, Json] = {}  # column to its usual values; empty where they are private
        nothing: Array = np.zeros((0, 0), np.float32)
        self.memory = self.center = self.scale = self.turn = self.drawn = self.odd = self.side = nothing
        self.odd_names: list[str] = []  # of the rows that are known to be odd
        self.ranks: Array = np.zeros((0, 0))

    # ------------------------------------------------------------------------------------------- learning

    def fit(self, features: Array, rng: np.random.Generator, private: bool = False) -> Array:
        """From features [N, F] of rows that taught; gives the places of those that are kept in memory, in order.
        private: keep means of groups, and no row itself."""
        widths = [width for name, width in self.layout.parts if name == "values"]
        # Beside a picture's thousand values, a table's ten must count too.
        self.scale = np.repeat(np.sqrt(np.array(widths) / min(widths)), widths).astype(np.float32)
        self.center = self.layout.cut(features, "values").mean(0)
        seen = self._seen(features)
        order = rng.permutation(len(seen))[:MEMORY]
        some = self.memory = seen[order]
        if private:
            self.memory = groups(some, max(1, len(order) // TOGETHER), rng)
            rng.shuffle(self.memory)
        # A row turned so is as long as when all directions vary as much; to seek the directions would take ten times as long.
        root = np.linalg.cholesky(_second(some) + 0.01 * np.eye(some.shape[1]))
        self.turn = np.linalg.inv(root).T.astype(np.float32)
        residuals = self.layout.cut(features, "residuals")
        self.drawn = np.sqrt((residuals**2).mean(0) + 0.0025).astype(np.float32)
        return order[:0] if private else order

    def learn_odd(self, features: Array, private: bool = False) -> None:
        """From features [K, F] of rows that are known to be odd; after `fit`. private: keep no row itself, only on which side of what is usual
        they lie."""
        odd = self._seen(features)
        spread = _second(self.memory)
        apart = odd.mean(0) - self.memory.mean(0)
        held = spread.diagonal().mean() * np.eye(len(spread))
        self.side = np.linalg.solve(spread + held, apart).astype(np.float32)[None]
        self.odd = odd[:0] if private else odd

    def rank(self, features: Array) -> None:
        """How rare which figure is, from rows [N, F] that taught nothing."""
        found = self.measures(features)
        self.ranks = np.quantile(found, np.linspace(0, 1, RANKS + 1), axis=0).T

    def calibrate(self, features: Array) -> None:
        """The limit, from rows [N, F] that taught nothing and ranked nothing."""
        if not len(features):
            return
        scores = np.sort(self.oddness(features))
        place = min(int(np.ceil((len(scores) + 1) * (1 - self.alarms))), len(scores))
        self.limit = float(scores[place - 1])
        self.promised = 1 - place / (len(scores) + 1)

    # ------------------------------------------------------------------------------------------ answering

    def measures(self, features: Array) -> Array:
        """[B, m]: each measure of oddness of each row; more is odder."""
        seen = self._seen(features)
        known = (*(["near odd"] if len(self.odd) else []), *(["side"] if len(self.side) else []))
        found: dict[str, list[Array]] = {name: [] for name in (*self.which, *known)}
        for piece, distances in blocks(seen, self.memory):
            near = min(NEAREST, len(self.memory))
            nearest = _finite(np.partition(distances, near - 1, axis=1)[:, :near]).mean(1)
            for name, sizes in found.items():
                match name:
                    case "side":
                        sizes.append(seen[piece] @ self.side[0])
                    case "near odd":
                        to_odd = np.sqrt(squares(seen[piece], self.odd).min(1))
                        least = SAME * np.sqrt(seen.shape[1])
                        sizes.append(np.log((nearest + least) / (to_odd + least)))
                    case "spread":
                        sizes.append(np.sqrt(((seen[piece] @ self.turn) ** 2).sum(1)))
                    case "drawn":
                        residuals = self.layout.cut(features[piece], "residuals")
                        sizes.append(((residuals / self.drawn) ** 2).mean(1))
                    case "nearest":
                        sizes.append(nearest)
                    case _:
                        size = min(int(name), len(self.memory))
                        count = len(self.memory) // size
                        handfuls = distances[:, : count * size].reshape(len(distances), count, size)
                        sizes.append(_finite(handfuls.min(2)).mean(1))
        return np.stack([np.concatenate(each) if each else np.zeros(0) for each in found.values()], 1)

    def oddness(self, features: Array, taught: bool = True) -> Array:
        """[B]: the mean over all measures of how rare each is (-log of the share of rows that are odder). Each of those that
        known odd rows taught counts as much as all others. taught: False leaves those out."""
        found = self.measures(features)
        rare = [_rare(found[:, place], knots) for place, knots in enumerate(self.ranks)]
        usual = np.mean(rare[: len(self.which)], axis=0)
        result: Array = np.mean([usual, *(rare[len(self.which) :] if taught else [])], axis=0)
        return result

    def answer(self, features: Array, rows: Table) -> Answers:
        """Whether each row is an anomaly, how odd it is (1: the limit), and of those that are: why, and what is nearest."""
        features = features.astype(np.float32)
        odd = self.oddness(features)
        scores = odd / self.limit if np.isfinite(self.limit) else np.zeros(len(odd))
        flagged = scores > 1 + 1e-6
        values = np.where(flagged, "yes", "no").astype(object)
        places = np.flatnonzero(flagged)
        reasons, nearest = self._why(features[places], rows, places)
        return Answers(values, unlike=flagged, reasons=reasons, scores=scores, nearest=nearest)

    def _why(
        self, features: Array, rows: Table, places: Array
    ) -> tuple[dict[int, tuple[str, ...]], dict[int, tuple[str, ...]]]:
        """For the rows at these places: which columns are off, and the nearest known examples."""
        reasons: dict[int, tuple[str, ...]] = {}
        nearest: dict[int, tuple[str, ...]] = {}
        seen = self._seen(features)
        shares: Array = np.zeros(seen.shape)
        for piece, distances in blocks(seen, self.memory):
            order = _closest(distances, min(NEAREST, distances.shape[1]))
            shares[piece] = (seen[piece] - self.memory[order].mean(1)) ** 2
            if self.names:
                for row, close in zip(places[piece], order, strict=True):
                    nearest[int(row)] = tuple(self.names[k] for k in close[:NAMED])
        like = self._like(seen, shares)
        residuals = self.layout.cut(features, "residuals")
        if residuals.shape[1] == shares.shape[1]:
            shares += (residuals / self.drawn) ** 2
        columns = list(dict.fromkeys(self.layout.owners))
        owner = np.array([columns.index(each) for each in self.layout.owners])
        total = np.stack([shares[:, owner == k].sum(1) for k in range(len(columns))], 1)
        total /= np.maximum(total.sum(1, keepdims=True), 1e-12)
        for place, row in enumerate(places.tolist()):
            named = [k for k in np.argsort(-total[place])[:NAMED] if total[place, k] >= SHARE]
            named = named or [int(total[place].argmax())]
            reasons[row] = tuple(
                f"{column}: the {region} is odd" if region else _usual.off(column, rows, row, self.usual.get(column))
                for column, region in (columns[k] for k in named)
            )
            if like[place] is not None:
                reasons[row] = (f"like {like[place]}, which is known to be odd", *reasons[row])
        return reasons, nearest

    def _like(self, seen: Array, shares: Array) -> list[str | None]:
        """The known odd row that each row [B, F] is like: nearer to it than to what is usual. shares: squares [B, F] of how far
        that is, by feature."""
        if not len(self.odd) or not len(seen):
            return [None] * len(seen)
        away = squares(seen, self.odd)
        nearer = away.min(1) < shares.sum(1)
        return [self.odd_names[k] if near else None for k, near in zip(away.argmin(1), nearer, strict=True)]

    def _seen(self, features: Array) -> Array:
        """What is compared, in the precision that features come in."""
        found: Array = (self.layout.cut(features, "values") - self.center) / self.scale
        return found

    # --------------------------------------------------------------------------------------------- files

    def state(self) -> Json:
        return {
            "parts": [list(each) for each in self.layout.parts],
            "owners": [list(each) for each in self.layout.owners],
            "alarms": self.alarms,
            "measures": list(self.which),
            "limit": self.limit if np.isfinite(self.limit) else None,
            "promised": self.promised,
            "names": self.names,
            "usual": self.usual,
            "odd": self.odd_names,
        }

    def arrays(self) -> dict[str, Array]:
        return {name: getattr(self, name) for name in ARRAYS}

    def large(self) -> dict[str, Array]:
        return {}

    @classmethod
    def restore(cls, state: Json, arrays: Mapping[str, Array]) -> Self:
        found = cls(
            Layout(*(tuple(map(tuple, state[each])) for each in ("parts", "owners"))),
            state["alarms"],
            state["measures"],
        )
        found.limit = np.inf if state["limit"] is None else float(state["limit"])
        found.promised, found.names, found.usual = state["promised"], state["names"], state["usual"]
        found.odd_names = state.get("odd", [])
        for name in ARRAYS:
            setattr(found, name, arrays.get(name, getattr(found, name)))  # earlier versions knew of nothing that is odd
        return found


def _closest(distances: Array, count: int) -> Array:
    """[B, count] places of the smallest of each row, smallest first."""
    some = np.argpartition(distances, count - 1, axis=1)[:, :count]
    found: Array = np.take_along_axis(some, np.take_along_axis(distances, some, 1).argsort(axis=1), 1)
    return found


def _finite(distances: Array) -> Array:
    """Where all that there was to compare with was the row itself: nothing is known, and it counts as near."""
    return np.where(np.isfinite(distances), distances, 0.0)


def _second(rows: Array) -> Array:
    """[F, F] the mean product of two features of rows [N, F], in full precision."""
    rows = rows.astype(np.float64)
    found: Array = rows.T @ rows / len(rows)
    return found


def _rare(values: Array, knots: Array) -> Array:
    """-log of the share of known rows above each value; beyond all of them it goes on rising with the logarithm."""
    values, knots = values.astype(np.float64), knots.astype(np.float64)
    unit = EVEN * max(
        float(np.abs(knots).max()), 1e-300
    )  # a known row's own figure is a knot, however its sum was rounded
    values, knots = np.round(values / unit) * unit, np.round(knots / unit) * unit
    share = np.interp(values, knots, np.linspace(0, 1, len(knots)))
    least = 1 / (2 * len(knots))
    beyond = np.log1p(np.maximum(values - knots[-1], 0) / max(float(knots[-1] - knots[len(knots) // 2]), 1e-12))
    result: Array = -np.log(1 - share * (1 - least)) + beyond
    return result
