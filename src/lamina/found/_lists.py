"""Vectors in lists of near ones, so that a search looks into a few lists only (inverted lists, Jégou et al. 2011)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lamina.core import Array, chunks
from lamina.found._near import squares

EXACT = 50_000  # vectors up to which all are compared
SAMPLE = 32  # vectors a list that its middle is learned from
ROUNDS = 8
PROBED = 24  # lists that a search looks into: among a million vectors of 256, 98 in 100 of the nearest lie there
AT_ONCE = 8192
TOGETHER = 2**22  # numbers of vectors whose distances are worked out exactly together


@dataclass(slots=True)
class Lists:
    """vectors: [N, D] float32, list after list: an array, or a file that is mapped into memory. ids: [N], the row that
    each vector belongs to. middles: [L, D]; starts: [L + 1], where each list begins. One list: all are compared.
    lengths: [N] squared, of the vectors: to work them out at each search would take longer than all else.
    """

    vectors: Any
    ids: Array
    middles: Array
    starts: Array
    lengths: Array = field(default_factory=lambda: np.zeros(0, np.float32))

    @classmethod
    def build(cls, vectors: Array, rng: np.random.Generator, exact: int = EXACT) -> tuple[Lists, Array]:
        """Lists over these vectors, whose own `vectors` are still to be put in order; and that order."""
        count = len(vectors)
        if count <= exact:
            order = np.arange(count)
            middles = np.zeros((1, vectors.shape[1]), np.float32)
            return cls(vectors, order, middles, np.array([0, count])), order
        size = max(2, round(2 * math.sqrt(count)))
        sample = np.ascontiguousarray(vectors[np.sort(rng.permutation(count)[: SAMPLE * size])], np.float32)
        middles = sample[rng.permutation(len(sample))[:size]].copy()
        for _ in range(ROUNDS):
            nearest = np.concatenate([_nearest(piece, middles) for piece in chunks(sample, AT_ONCE)])
            sizes = np.bincount(nearest, minlength=size)
            order = np.argsort(nearest, kind="stable")
            sums = np.add.reduceat(sample[order], np.searchsorted(nearest[order], np.flatnonzero(sizes)))
            middles[sizes > 0] = sums / sizes[sizes > 0, None]
        members = np.concatenate([_nearest(np.asarray(piece), middles) for piece in chunks(vectors, AT_ONCE)])
        order = np.argsort(members, kind="stable")
        starts = np.searchsorted(members[order], np.arange(size + 1))
        return cls(vectors, order, middles, starts), order

    def hold(self, vectors: Any) -> None:
        """Take the vectors, list after list."""
        self.vectors = vectors
        self.lengths = np.concatenate(
            [np.einsum("nd,nd->n", block, block) for _, block in self._blocks()] or [np.zeros(0, np.float32)]
        )

    def search(self, queries: Array, count: int, probed: int = PROBED) -> tuple[Array, Array]:
        """Rows [Q, count] of the nearest vectors and their distances, nearest first; -1 and inf where there are fewer."""
        queries = np.ascontiguousarray(queries, np.float32)
        probed = max(probed, math.ceil(4 * count * len(self.middles) / max(len(self.ids), 1)))
        if len(self.lengths) != len(self.vectors):
            self.hold(self.vectors)
        found = np.full((len(queries), count), -1)
        distances = np.full((len(queries), count), np.inf, np.float32)
        if len(self.middles) == 1:
            for start, block in self._blocks():
                here = slice(start, start + len(block))
                self._merge(found, distances, np.arange(start, here.stop), _squares(queries, block, self.lengths[here]))
        else:
            near = squares(queries, self.middles)
            for place, query in enumerate(queries):
                lists = self._nearest_lists(near[place], probed, count)
                spans = list(_joined(self.starts[lists], self.starts[lists + 1]))
                if not spans:  # all of these lists are empty
                    continue
                away = [
                    _squares(query[None], np.asarray(self.vectors[start:stop]), self.lengths[start:stop])
                    for start, stop in spans
                ]
                places = np.concatenate([np.arange(start, stop) for start, stop in spans])
                one = slice(place, place + 1)
                self._merge(found[one], distances[one], places, np.concatenate(away, 1))
        return self._exactly(queries, found)

    def _nearest_lists(self, near: Array, probed: int, count: int) -> Array:
        """The lists [P] whose middles are nearest, more of them where those do not hold `count` vectors, in order."""
        found = np.argpartition(near, min(probed, len(near) - 1))[:probed]
        sizes = np.diff(self.starts)
        if sizes[found].sum() < count:
            order = np.argsort(near, kind="stable")
            found = order[: int(np.searchsorted(sizes[order].cumsum(), count)) + 1]
        return np.sort(found)

    def _merge(self, found: Array, distances: Array, places: Array, new: Array) -> None:
        """Keep the places of the nearest of what was found and what is new, in place, nearest first; of equals the lower row."""
        every = np.concatenate([distances, new], 1)
        rows = np.concatenate([found, np.broadcast_to(places, new.shape)], 1)
        count = found.shape[1]
        if every.shape[1] > 4 * count:
            kept = np.argpartition(every, 2 * count, axis=1)[:, : 2 * count]
            every, rows = np.take_along_axis(every, kept, 1), np.take_along_axis(rows, kept, 1)
        order = np.lexsort((self.ids[rows], every), axis=1)[:, :count]
        found[:], distances[:] = np.take_along_axis(rows, order, 1), np.take_along_axis(every, order, 1)

    def _exactly(self, queries: Array, found: Array) -> tuple[Array, Array]:
        """Rows and distances of places [Q, count], -1 where there is none: worked out again by differences, for of near ones
        squared lengths leave little but rounding."""
        flat, count = found.ravel(), found.shape[1]
        squared = np.full(flat.shape, np.inf, np.float32)
        for some in chunks(np.flatnonzero(flat >= 0), max(1, TOGETHER // max(queries.shape[1], 1))):
            apart = np.asarray(self.vectors[flat[some]]) - queries[some // count]
            squared[some] = np.einsum("nd,nd->n", apart, apart)
        squared = squared.reshape(found.shape)
        rows = np.where(found >= 0, self.ids[found] if len(self.ids) else -1, -1)
        order = np.lexsort((rows, squared), axis=1)
        return np.take_along_axis(rows, order, 1), np.sqrt(np.take_along_axis(squared, order, 1))

    def _blocks(self) -> Iterator[tuple[int, Array]]:
        for start in range(0, len(self.vectors), AT_ONCE):
            yield start, np.asarray(self.vectors[start : start + AT_ONCE])


def _squares(queries: Array, vectors: Array, lengths: Array) -> Array:
    """[Q, N] squared distances to vectors of these squared lengths."""
    found: Array = np.einsum("qd,qd->q", queries, queries)[:, None] - 2 * queries @ vectors.T + lengths
    return np.maximum(found, 0)


def _nearest(x: Array, middles: Array) -> Array:
    found: Array = ((middles**2).sum(1) - 2 * np.asarray(x, np.float32) @ middles.T).argmin(1)
    return found


def _joined(starts: Array, stops: Array) -> Iterator[tuple[int, int]]:
    """Spans, those that follow each other as one."""
    begin, end = -1, -1
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        if start == end:
            end = stop
            continue
        if end > begin:
            yield begin, end
        begin, end = start, stop
    if end > begin:
        yield begin, end
