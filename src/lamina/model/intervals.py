"""How far a number found on N rows may be from the number on all rows there could be.

Percentile bootstrap (Efron 1979): judge again on rows drawn with replacement, and see how much the metrics move.
Shares of right answers have Wilson's interval (Wilson 1927), which stays honest when nothing, or everything, is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import TypeAlias

import numpy as np

from lamina.core import Array, Metrics

Interval: TypeAlias = tuple[float, float]
Metric: TypeAlias = Callable[[Array, Array, Array | None], float]

WORK = 12_000_000  # numbers looked at in all resamples together: about a third of a second
MOST_ROWS = 50_000  # of one resample; beyond, fewer are drawn and the spread is shrunk by the square root law
SHARES = frozenset({"accuracy"})


def wilson(successes: float, n: float, level: float = 0.95) -> Interval:
    """The interval of a share: `wilson(50, 100)` is about (0.40, 0.60), and `wilson(10, 10)` about (0.72, 1.0)."""
    if n <= 0:
        return (0.0, 1.0)
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes <= 0 else max(0.0, middle - half)
    return (low, 1.0 if successes >= n else min(1.0, middle + half))


def interval(
    metric: Metric,
    raw: Array,
    target: Array,
    weight: Array | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    rounds: int = 1000,
    group: Array | None = None,
) -> Interval:
    """The interval of one metric; see `intervals`."""

    def metrics(raw: Array, target: Array, weight: Array | None) -> dict[str, float]:
        return {"metric": metric(raw, target, weight)}

    return intervals(metrics, raw, target, weight, rng=rng, level=level, rounds=rounds, group=group)["metric"]


def intervals(
    metrics: Metrics,
    raw: Array,
    target: Array,
    weight: Array | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    rounds: int = 1000,
    group: Array | None = None,
) -> dict[str, Interval]:
    """The interval of every metric, all of them computed once per resample.

    raw: [N, C] answers; target: [N] or [N, T]; weight: [N]; group: [N], rows that belong together (one patient, one
    house) and are drawn together, since they are not independent. Rounds shrink on large N, so that 10,000 rows of
    10 classes take about a third of a second. Metrics that are NaN in a resample (a class was not drawn) skip it.
    """
    whole = dict(metrics(raw, target, weight))
    drawn = _drawn(metrics, raw, None, target, weight, group, rounds, rng)
    found = _quantiles(whole, drawn, level, _shrink(len(raw)))
    for name, value in whole.items():
        # No resample can show a mistake that was never seen, so a perfect score would look certain.
        if group is None and ((name in SHARES and weight is None) or (value == 1.0 and found[name][0] == 1.0)):
            found[name] = wilson(value * len(raw), len(raw), level)
    return found


def differences(
    metrics: Metrics,
    raw: Array,
    other: Array,
    target: Array,
    weight: Array | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    rounds: int = 1000,
    group: Array | None = None,
) -> dict[str, tuple[float, float, float]]:
    """How much `raw` is above `other` on the same rows: (difference, low, high) of every metric.

    Both answer every resample, so rows that are hard for both do not blur the comparison: much narrower than
    comparing two intervals.
    """
    mine, theirs = metrics(raw, target, weight), metrics(other, target, weight)
    whole = {name: float(mine[name] - theirs[name]) for name in mine}
    drawn = _drawn(metrics, raw, other, target, weight, group, rounds, rng)
    found = _quantiles(whole, drawn, level, _shrink(len(raw)))
    return {name: (whole[name], *found[name]) for name in whole}


def _shrink(rows: int) -> float:
    return math.sqrt(min(1.0, MOST_ROWS / max(1, rows)))


def _drawn(
    metrics: Metrics,
    raw: Array,
    other: Array | None,
    target: Array,
    weight: Array | None,
    group: Array | None,
    rounds: int,
    rng: np.random.Generator,
) -> dict[str, list[float]]:
    """Every metric in every resample (less those of `other`, where given)."""
    rows = len(raw)
    size = min(rows, MOST_ROWS) * max(1, raw.size // max(1, rows)) * (1 if other is None else 2)
    rounds = max(60, min(rounds, WORK // max(1, size))) if rows > 1 else 0
    members = _members(group)
    drawn: dict[str, list[float]] = {}
    for _ in range(rounds):
        if members is None:
            chosen = rng.integers(0, rows, min(rows, MOST_ROWS))
        else:
            chosen = np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
        here, say = target[chosen], None if weight is None else weight[chosen]
        values = metrics(raw[chosen], here, say)
        less = {} if other is None else metrics(other[chosen], here, say)
        for name, value in values.items():
            drawn.setdefault(name, []).append(float(value) - float(less.get(name, 0.0)))
    return drawn


def _members(group: Array | None) -> list[Array] | None:
    if group is None:
        return None
    _, codes = np.unique(group, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    return list(np.split(order, np.flatnonzero(np.diff(codes[order])) + 1))


def _quantiles(
    whole: Mapping[str, float], drawn: Mapping[str, list[float]], level: float, shrink: float
) -> dict[str, Interval]:
    found = {}
    for name, value in whole.items():
        seen = np.asarray(drawn.get(name, ()), dtype=float)
        seen = seen[np.isfinite(seen)]
        if not len(seen):
            found[name] = (math.nan, math.nan)
            continue
        low, high = np.quantile(seen, [(1 - level) / 2, (1 + level) / 2])
        # Shrunk towards the value on all rows: a share never leaves 0 to 1.
        found[name] = (float(value + (low - value) * shrink), float(value + (high - value) * shrink))
    return found
