"""Which rows are near each other: a sparse graph, in memory that grows with the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lamina.core import Array
from lamina.found._lists import Lists

NEAR = 10  # neighbours of each row
EXACT = 15_000  # rows up to which all are compared
PROBED = 16  # lists that the rows of one list look into
AXES = 64  # that features are turned to and cut down to
SAMPLE = 20_000  # rows that these axes are taken from
AT_ONCE = 2**23  # distances at once
STEEP = 4.0  # how fast a tie weakens with the squared distance, in units of that to the farthest neighbour


@dataclass(frozen=True, slots=True)
class Graph:
    """near: [N, k] the rows nearest to each, nearest first; far: [N, k] their distances. ties: [N, N], sparse and
    symmetric, how strongly rows hold together (Zelnik-Manor and Perona 2004: by each row's own scale)."""

    near: Array
    far: Array
    ties: Any

    @classmethod
    def of(cls, x: Array, rng: np.random.Generator, count: int = NEAR) -> Graph:
        """From places [N, F], float32; of many rows nearly all of the nearest are found.

        >>> Graph.of(np.array([[0.0], [0.1], [1.0], [1.2]], np.float32), np.random.default_rng(0), 1).near.ravel().tolist()
        [1, 0, 3, 2]
        """
        from scipy.sparse import csr_array

        rows, count = len(x), min(count, len(x) - 1)
        near, far = nearest(x, count, rng)
        squares = far.astype(np.float64) ** 2
        scale = np.maximum(squares[:, -1:], 1e-12 * max(float(squares.max(initial=0.0)), 1e-300))
        weight = np.exp(-STEEP * squares / scale)
        starts = np.arange(0, rows * count + 1, count)
        one = csr_array((weight.ravel(), near.ravel(), starts), shape=(rows, rows))
        return cls(near, far, csr_array((one + one.T) / 2))


def turned(features: Array, rng: np.random.Generator, axes: int = AXES) -> Array:
    """Features [N, F] as float32 along the axes on which rows differ most, at most `axes` of them."""
    x: Array = np.ascontiguousarray(features, np.float32)
    if x.shape[1] <= axes:
        return x
    some = x[np.sort(rng.permutation(len(x))[:SAMPLE])]
    middle = some.mean(0)
    _, main = np.linalg.eigh((some - middle).T @ (some - middle))
    found: Array = (x - middle) @ main[:, -axes:]
    return found


def nearest(x: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """[N, k] the nearest other rows of each row of x [N, F], nearest first, and their distances.

    Of many rows, those of a list of near ones are compared with the lists around it: memory and time grow with the rows.
    """
    rows = len(x)
    lists, order = Lists.build(x, rng, EXACT)
    ids, starts = torch.from_numpy(order), lists.starts
    sorted_x = torch.from_numpy(x[order])
    middles = torch.from_numpy(lists.middles)
    near, far = np.zeros((rows, count), np.int64), np.zeros((rows, count), np.float32)
    for place in range(len(starts) - 1):
        begin, end = int(starts[place]), int(starts[place + 1])
        if begin == end:
            continue
        inside = _around(middles, starts, place, count)
        others, names = sorted_x[inside], ids[inside]
        lengths = others.square().sum(1)
        step = max(1, AT_ONCE // len(inside))
        for start in range(begin, end, step):
            piece = sorted_x[start : min(end, start + step)]
            away = lengths - 2 * piece @ others.T
            mine = ids[start : start + len(piece)]
            away[torch.arange(len(piece)), torch.searchsorted(inside, torch.arange(start, start + len(piece)))] = np.inf
            found, which = away.topk(count, dim=1, largest=False)
            near[mine.numpy()] = names[which].numpy()
            far[mine.numpy()] = (found + piece.square().sum(1, keepdim=True)).clamp_min(0).sqrt().numpy()
    return near, far


def _around(middles: torch.Tensor, starts: Array, place: int, count: int) -> torch.Tensor:
    """Positions, ascending, in the list at `place` and those around it, more than `count` in all."""
    if len(middles) == 1:
        return torch.arange(int(starts[-1]))
    order = (middles - middles[place]).square().sum(1).argsort().numpy()
    sizes = np.diff(starts)[order].cumsum()
    probed = max(PROBED, int(np.searchsorted(sizes, count + 1)) + 1)
    lists = {place, *order[:probed].tolist()}
    return torch.cat([torch.arange(int(starts[each]), int(starts[each + 1])) for each in sorted(lists)])
