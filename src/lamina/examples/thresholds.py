"""Parts by the hash of a row's key: thresholds within each class (for numbers: within each tenth), settled once and kept.

A row that comes later is compared with them (`place`), so a row that was held out stays held out, whatever is added or
reordered.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lamina.core import Array, Coded, DataError, Json
from lamina.examples import keys as hashing
from lamina.examples import moments
from lamina.examples.examples import Examples
from lamina.examples.moments import CAP
from lamina.examples.reading import TEST, TRAIN, UNUSED, VALIDATION

_BINS = 10
_EXCEPTIONS = 1_000


def strata_of(examples: Examples, targets: Sequence[str], known: Array) -> tuple[Array, tuple[list[str], list[float]]]:
    """[N] int within which thresholds are settled (-1: none), and their names and, for numbers, the inner edges of the tenths."""
    none = np.full(len(examples), -1, dtype=np.int64)
    if not targets:
        return none, ([], [])
    data = examples.stored(targets[0])
    if examples.kinds[targets[0]].name in ("tags", "transcript"):
        return none, ([], [])
    if isinstance(data, Coded):
        return data.codes.astype(np.int64), (list(data.words), [])
    values = data.astype(np.float64)
    there = np.isfinite(values)
    edges = np.zeros(0)
    if there.sum() >= 3 * _BINS:
        edges = np.unique(np.quantile(values[there], np.linspace(0, 1, _BINS + 1)[1:-1]))
    strata = np.where(there, np.searchsorted(edges, values, side="right"), -1)
    return strata, ([str(place) for place in range(len(edges) + 1)], [float(edge) for edge in edges])


def by_hash(
    key: Array,
    strata: Array,
    naming: tuple[list[str], list[float]],
    known: Array,
    given: Array | None,
    shares: tuple[float, float],
) -> tuple[Array, Json, str]:
    """Thresholds within each stratum; where the user's own parts say so, they stay. shares: of test and validation."""
    names, edges = naming
    said = np.full(len(key), UNUSED) if given is None else given
    own = {part: bool((said[known] == part).any()) for part in (VALIDATION, TEST)}
    free = known & ((said == UNUSED) | (said == TRAIN))
    most = CAP / max(int(free.sum()), 1)
    wanted = (0.0 if own[TEST] else min(shares[0], most), 0.0 if own[VALIDATION] else min(shares[1], most))
    distinct, row_key, home, rows = home_of(key[free], strata[free])
    mixed = _mixed(row_key, strata[free], home)
    if names and mixed.sum() > max(_EXCEPTIONS, 0.01 * len(distinct)):
        home[:] = -1  # rows alike with different labels: one threshold for all, or they would straddle
        mixed[:] = False
        names, edges = [], []
    cuts = {
        int(each): _settle(distinct[home == each], rows[home == each], wanted, names[each] if each >= 0 else "")
        for each in np.unique(home)
    }
    if all(wanted):
        cuts = _at_least_one(cuts, distinct, home, rows)
    low = np.array([cuts[int(each)][0] for each in home], dtype=np.uint64)
    high = np.array([cuts[int(each)][1] for each in home], dtype=np.uint64)
    of_key = np.where(distinct < low, TEST, np.where(distinct < high, VALIDATION, TRAIN)).astype(np.int8)
    if not edges:
        mixed |= _taught(of_key, row_key, strata[free])
    thresholds: Json = {
        "by": "given" if own[TEST] else "hash",
        "default": _hexes(cuts.get(-1, (int(wanted[0] * 2**64), int(sum(wanted) * 2**64)))),
        "strata": {names[each]: _hexes(cut) for each, cut in cuts.items() if each >= 0},
        "edges": edges,
        "exceptions": {
            f"{int(each):016x}": int(part) for each, part in zip(distinct[mixed], of_key[mixed], strict=True)
        },
    }
    parts = np.where(said > TRAIN, np.where(known, said, UNUSED), TRAIN).astype(np.int8)
    parts[free] = of_key[row_key]
    within = "each tenth of the target" if edges else "each class" if names else "all rows"
    how = f"by the hash of each row within {within}"
    return parts, thresholds, _told(own, how)


def home_of(key: Array, strata: Array) -> tuple[Array, Array, Array, Array]:
    """Distinct keys, the key of each row by number, each key's stratum (the commonest, then the lowest), and its rows."""
    distinct, row_key, rows = np.unique(key, return_inverse=True, return_counts=True)
    width = int(strata.max(initial=-1)) + 2
    pairs, pair_rows = np.unique(row_key * width + strata + 1, return_counts=True)
    of_key, of_stratum = pairs // width, pairs % width - 1
    order = np.lexsort((-of_stratum, pair_rows, of_key))  # the last of each key wins
    home = np.full(len(distinct), -1, dtype=np.int64)
    home[of_key[order]] = of_stratum[order]
    return distinct, row_key, home, rows


def _mixed(row_key: Array, strata: Array, home: Array) -> Array:
    """Which keys have rows in several strata."""
    mixed = np.zeros(len(home), dtype=bool)
    mixed[row_key[strata != home[row_key]]] = True
    return mixed


def _taught(of_key: Array, row_key: Array, strata: Array) -> Array:
    """Keys taken back to train: of each class that would be missing there (its rows are alike others), the last one."""
    taken = np.zeros(len(of_key), dtype=bool)
    there = np.unique(strata[of_key[row_key] == TRAIN])
    for each in np.setdiff1d(strata, there):
        taken[row_key[strata == each].max()] = True
    of_key[taken] = TRAIN
    return taken


def _told(own: Mapping[int, bool], how: str) -> str:
    """What people read about parts of which some were given."""
    match own[VALIDATION], own[TEST]:
        case True, True:
            return "validation and test as given"
        case False, True:
            return f"the test set as given; validation {how}"
        case True, False:
            return f"validation as given; the test set {how}"
        case _:
            return how


def _settle(keys: Array, rows: Array, shares: tuple[float, float], name: str) -> tuple[int, int]:
    """Two thresholds for one stratum: keys below the first are test, below the second validation.

    Counts are rounded by chance (a chance that the name settles), so that of many small classes some are tested.
    """
    total = int(rows.sum())
    if len(keys) < 2:
        return 0, 0
    chance = hashing.of_bytes(f"{name} rounds".encode()) / 2**64
    ends = np.cumsum(rows)  # keys are sorted
    spare = len(keys) - 1  # one key at least must teach
    first = _upto(ends, math.floor(shares[0] * total + chance) if shares[0] else 0, spare)
    tested = int(ends[first - 1]) if first else 0
    chosen = math.floor(shares[1] * total + 1 - chance) if shares[1] else 0
    second = max(first, _upto(ends, tested + chosen, spare))
    return tuple(int(keys[n]) for n in (first, second))  # type: ignore[return-value]


def _upto(ends: Array, wanted: int, most: int) -> int:
    """How many keys hold about so many rows: the nearest, but not one more than `most`."""
    n = int(np.searchsorted(ends, wanted, side="left"))
    if wanted <= 0:
        return 0
    over = int(ends[min(n, len(ends) - 1)]) - wanted
    under = wanted - (int(ends[n - 1]) if n else 0)
    return min(n + (over <= under), most)


def _at_least_one(
    cuts: Mapping[int, tuple[int, int]], distinct: Array, home: Array, rows: Array
) -> dict[int, tuple[int, int]]:
    """No test or no validation row at all in a tiny set: the stratum with the most keys gives one."""
    cuts = dict(cuts)
    test = any(cut[0] > distinct[home == each].min() for each, cut in cuts.items())
    validation = any(cut[1] > cut[0] for cut in cuts.values())
    if (test and validation) or not len(distinct):
        return cuts
    sizes = {each: int((home == each).sum()) for each in cuts}
    largest = max(sizes, key=lambda each: (sizes[each], -each))
    own = distinct[home == largest]
    if len(own) >= 3:
        n_test = max(1, int((own < cuts[largest][0]).sum()))
        n_both = max(n_test + 1, int((own < cuts[largest][1]).sum()))
        n_both = min(n_both, len(own) - 1)
        cuts[largest] = (int(own[min(n_test, n_both - 1)]), int(own[n_both]))
    return cuts


def _hexes(cut: tuple[int, int]) -> list[str]:
    return [f"{min(each, 2**64 - 1):016x}" for each in cut]


def place(thresholds: Json, keys: Array, target_values: Any = None, times: Array | None = None) -> Array:
    """The parts (int8 [N]) of rows by thresholds settled before. keys: `examples.keys(ignore=targets)`.

    target_values: what `examples.values(first target)` gives, or None; times: of the time column, where time decides.
    """
    if thresholds["by"] == "time":
        if times is None:
            raise DataError("These rows are parted by time: give the time of each.")
        return moments.cut(times, thresholds["edges"])
    seed = int(thresholds.get("seed", 0))
    key = hashing.mix(keys ^ np.uint64(seed)) if seed else keys
    strata = np.full(len(key), -1, dtype=np.int64)
    cuts = [thresholds["default"], *thresholds["strata"].values()]
    names = {name: place for place, name in enumerate(thresholds["strata"])}
    if isinstance(target_values, Coded):
        of_word = np.array([names.get(word, -1) for word in target_values.words] + [-1])
        strata = of_word[target_values.codes]
        unknown = target_values.codes < 0
    elif target_values is not None and not isinstance(target_values, list):
        unknown = np.isnan(target_values)
        binned = np.searchsorted(np.array(thresholds["edges"]), target_values, side="right")
        strata = np.where(unknown, -1, [names.get(str(each), -1) for each in binned])
    else:
        unknown = np.zeros(len(key), dtype=bool)
    low = np.array([int(cut[0], 16) for cut in cuts], dtype=np.uint64)[strata + 1]
    high = np.array([int(cut[1], 16) for cut in cuts], dtype=np.uint64)[strata + 1]
    parts = np.where(key < low, TEST, np.where(key < high, VALIDATION, TRAIN)).astype(np.int8)
    parts[unknown] = TRAIN
    if thresholds["exceptions"]:
        told = {int(each, 16): part for each, part in thresholds["exceptions"].items()}
        told_keys = np.array(sorted(told), dtype=np.uint64)
        spot = np.minimum(np.searchsorted(told_keys, key), len(told_keys) - 1)
        hit = (told_keys[spot] == key) & ~unknown
        parts[hit] = np.array([told[int(each)] for each in told_keys], dtype=np.int8)[spot[hit]]
    return parts
