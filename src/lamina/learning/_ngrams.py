"""The simple model that a language model has to beat: counts of letters that follow each other, smoothed.

Interpolated Kneser–Ney with one discount an order (Kneser & Ney 1995; Chen & Goodman 1999): how often a letter followed the
last n - 1 letters, backed up by how many different letters it followed at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamina.core import Array

LONGEST = 9  # letters that are looked at together, the one foretold among them
MOST = 5_000_000  # letters that are counted, at most: what comes before them is left out
PACE = 250_000  # letters that are counted in a second, about


@dataclass(slots=True)
class _Order:
    """grams: [G] sorted keys, context × codes + letter; counts: [G]. contexts: [C] sorted; total, kinds: [C] counts of what
    follows each, and of how many different letters do."""

    grams: Array
    counts: Array
    contexts: Array
    total: Array
    kinds: Array
    discount: float


def best(taught: Array, held: Array, judged: Array, size: int) -> tuple[int, Array]:
    """The order that foretells `held` best, and -log of the probability that it gives each of `judged`.

    taught: codes [M] that are counted, below `size`. Of held and judged, the first `LONGEST` letters are only looked back at.
    Orders are tried until one is no better than the one before.
    """
    pair = (held, judged)
    lower = tuple(np.full(len(each) - LONGEST, 1.0 / size) for each in pair)
    found, order = lower, 0
    for n in range(1, LONGEST + 1):
        top, below = (_counted(taught, n, highest) for highest in (True, False))
        tried = tuple(_back(top, each, n, under) for each, under in zip(pair, lower, strict=True))
        if np.log(tried[0]).mean() <= np.log(found[0]).mean():
            break
        found, order = tried, n
        lower = tuple(_back(below, each, n, under) for each, under in zip(pair, lower, strict=True))
    shares: Array = -np.log(found[1])
    return order, shares


def _grams(codes: Array, n: int) -> Array:
    """[len(codes) - n + 1] a number for each run of n letters; the same runs have the same, whatever the text."""
    key = np.zeros(len(codes) - n + 1, np.uint64)
    for place in range(n):  # wraps around beyond 64 bits: two runs meet once in 10^19 pairs
        mixed = codes[place : len(codes) - n + 1 + place].astype(np.uint64) + np.uint64(1)
        key = key * np.uint64(0x9E3779B97F4A7C15) + mixed * np.uint64(0xD6E8FEB86659FD93)
        key ^= key >> np.uint64(29)
    return key


def _counted(codes: Array, n: int, highest: bool) -> _Order:
    """Counts of runs of n letters; below the highest order, of how many different letters stand before each."""
    grams = _grams(codes, n)
    if highest:
        keys, first, counts = np.unique(grams, return_index=True, return_counts=True)
    else:
        longer = _grams(codes, n + 1)
        _, place = np.unique(longer, return_index=True)
        within = grams[1:][place]
        keys, at, counts = np.unique(within, return_index=True, return_counts=True)
        first = place[at] + 1
    context = _grams(codes, n - 1)[first] if n > 1 else np.zeros(len(first), np.uint64)
    contexts, inverse = np.unique(context, return_inverse=True)
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    discount = once / (once + 2 * twice) if once and twice else 0.5
    total, kinds = np.bincount(inverse, counts), np.bincount(inverse)
    return _Order(keys, counts, contexts, total, kinds, discount)


def _back(order: _Order, codes: Array, n: int, lower: Array) -> Array:
    """This order's shares of codes from the `LONGEST`th on, backed up by those of the order below."""
    first = LONGEST - n + 1
    grams = _grams(codes, n)[first:]
    context = _grams(codes, n - 1)[first : len(codes) - n + 1] if n > 1 else np.zeros(len(grams), np.uint64)
    counts = _looked_up(order.grams, order.counts, grams)
    total, kinds = (_looked_up(order.contexts, each, context) for each in (order.total, order.kinds))
    seen = total > 0
    total = np.where(seen, total, 1)
    found: Array = np.where(
        seen, np.maximum(counts - order.discount, 0) / total + order.discount * kinds / total * lower, lower
    )
    return found


def _looked_up(keys: Array, values: Array, wanted: Array) -> Array:
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Array = np.where(keys[place] == wanted, values[place], 0).astype(np.float64)
    return found
