"""Does "90 % sure" mean right nine times out of ten? Does a promised interval hold the truth as often as promised?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lamina.core import Array
from lamina.model.intervals import wilson


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar confidence. low, high: the interval of `right`; count: answers (rows, not weights)."""

    confidence: float
    right: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """error: expected calibration error, the mean gap between confidence and being right (Naeini et al. 2015).

    chance: the error that even a perfectly calibrated model would show on this many rows;
    debiased: the error less what chance adds to it (Kumar et al. 2019, in closed form).
    """

    bins: tuple[Bin, ...]
    error: float
    chance: float
    debiased: float
    count: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of `count` rows, the share whose truth lay within its interval. low, high: the interval of that share;
    width: the median width of the intervals, in the target's units."""

    promised: float
    share: float
    low: float
    high: float
    count: int
    width: float


def reliability(confidence: Array, right: Array, *, most: int = 15, least: int = 20) -> Reliability:
    """Bins of equal mass, at most `most` and of at least `least` answers each.

    confidence: [N] of the answer given; right: [N] bool. For tags, pass every (row, tag) with the probability said
    and whether the tag was there.
    """
    confidence = np.asarray(confidence, dtype=float).ravel()
    right = np.asarray(right, dtype=float).ravel()
    rows = len(confidence)
    if rows == 0:
        return Reliability((), 0.0, 0.0, 0.0, 0)
    bins, error, chance, bias = [], 0.0, 0.0, 0.0
    for members in _equal_mass(confidence, max(1, min(most, rows // max(1, least)))):
        n = len(members)
        said, was = float(confidence[members].mean()), float(right[members].mean())
        low, high = wilson(was * n, n)
        bins.append(Bin(said, was, low, high, n))
        gap = abs(was - said)
        error += n / rows * gap
        chance += n / rows * _folded(0.0, math.sqrt(max(0.0, said * (1 - said)) / n))
        bias += n / rows * (_folded(gap, math.sqrt(max(0.0, was * (1 - was)) / n)) - gap)
    return Reliability(tuple(bins), error, chance, max(0.0, error - bias), rows)


def coverage(low: Array, high: Array, target: Array, promised: float) -> Coverage:
    """How often the truth lay within [low, high], all [N]; rows with a NaN are left out."""
    low, high, target = (np.asarray(each, dtype=float).ravel() for each in (low, high, target))
    good = np.isfinite(low) & np.isfinite(high) & np.isfinite(target)
    n = int(good.sum())
    if n == 0:
        return Coverage(promised, math.nan, 0.0, 1.0, 0, math.nan)
    within = int(((low <= target) & (target <= high))[good].sum())
    return Coverage(promised, within / n, *wilson(within, n), n, float(np.median((high - low)[good])))


def _equal_mass(confidence: Array, bins: int) -> list[Array]:
    """Positions of each bin, by confidence; equal confidences stay in one bin, since their order says nothing."""
    order = np.argsort(confidence, kind="stable")
    ordered = confidence[order]
    cuts = np.linspace(0, len(order), bins + 1).round().astype(int)[1:-1]
    edges = np.unique(np.searchsorted(ordered, ordered[cuts], side="left")) if len(cuts) else cuts
    return [part for part in np.split(order, edges) if len(part)]


def _folded(mean: float, spread: float) -> float:
    """The mean of |X| for X normal."""
    if spread <= 0:
        return abs(mean)
    z = mean / spread
    return spread * math.sqrt(2 / math.pi) * math.exp(-z * z / 2) + mean * math.erf(z / math.sqrt(2))
