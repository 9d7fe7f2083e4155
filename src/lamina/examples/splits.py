"""Which rows teach, which choose, and which judge: by the hash of a row's key, so that it stays so for ever.

Thresholds are settled once within each class (for numbers: within each tenth) and kept in the model's card. A row that
comes later is compared with them (`place`), so a row that was held out stays held out, whatever is added or reordered.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lamina.core import Array, Coded, DataError, Json
from lamina.examples import keys as hashing
from lamina.examples.examples import Examples
from lamina.examples.reading import Note, count

TRAIN, VALIDATION, TEST, UNUSED = 0, 1, 2, -1
SHARE = 0.15  # of the rows for validation, and again for the test
CAP = 10_000  # rows are enough to tell half a percent of accuracy apart
SMALL = 1_000  # labelled rows: below it, folds
TINY = 100  # labelled rows: below it, too few to choose by where nothing is reported
INNER = 5  # folds among the rows that teach and choose
_BINS = 10
_EXCEPTIONS = 1_000


@dataclass(frozen=True)
class Split:
    """parts: int8 [N], 0 train, 1 validation, 2 test, -1 not used. thresholds: what the card keeps, for `place`.

    folds: int8 [N], 0 to 4, -1 for rows in no fold; None where there are rows enough. inner: int8 [N], 0 to 4, by which
    copies within a network are kept from rows, so that rows that choose may teach too; alike rows and rows of a group
    share a number, for ever. None where the rows that choose are others by nature: given, or later in time.
    how: for people.
    """

    parts: Array
    thresholds: Json
    folds: Array | None
    how: str
    notes: tuple[Note, ...] = ()
    inner: Array | None = None


def split(
    examples: Examples,
    targets: Sequence[str] = (),
    *,
    seed: int = 0,
    folds: int | None = None,
    report: bool = True,
    apart: bool = False,
) -> Split:
    """Part every row. folds: 0 for none, None to decide by the number of labelled rows (five below 1,000).
    apart: all rows of one label in the same part, so that who is judged never taught.

    Rows without a label teach (they are in train) as far as a method can use them. Where no report is wanted no row is
    set aside to be tested on, and of fewer than 100 labelled rows all teach.
    """
    if apart:
        return _apart(examples, targets[0], seed)
    keys = examples.keys(ignore=targets)
    key = hashing.mix(keys ^ np.uint64(seed)) if seed else keys
    known = labelled(examples, targets)
    strata, naming = _strata(examples, targets, known)
    given = examples.parts
    notes: list[Note] = []
    times = examples.of("time")
    if times:
        parts, thresholds, how = _by_time(examples.values(times[0]), times[0], known, given)
    else:
        shares = (SHARE, SHARE) if report else (0.0, SHARE if known.sum() >= TINY else 0.0)
        parts, thresholds, how = _by_hash(key, strata, naming, known, given, shares)
        if groups := examples.of("group"):
            how += f"; all rows of one '{groups[0]}' in the same part"
        held = np.unique(key[known & (parts != TRAIN)])
        parts[~known & np.isin(key, held)] = UNUSED  # without a label, but alike one that judges
    thresholds |= {"seed": seed} | _own(examples, targets, known)
    folding = folds if folds is not None else (5 if known.sum() < SMALL and not times else 0)
    numbered = None
    if folding:
        open_rows = known & (given != TEST) if given is not None and (given == TEST).any() else known
        if times:
            notes.append(
                Note("warn", "Folds mix past and future.", "Without folds, the past teaches and the future tests.")
            )
        numbered = _folds(key, strata, open_rows, folding)
        notes += _few(strata, open_rows, folding, naming)
        how = f"{folding} folds over {count(int(open_rows.sum()), 'labelled row')}; {how}"
    thresholds["folded"] = numbered is not None
    inner = numbered
    if inner is None and not times and not (given is not None and (given[known] == VALIDATION).any()):
        inner = (hashing.mix(keys) % np.uint64(INNER)).astype(np.int8)
    return Split(parts, thresholds, numbered, how, tuple(notes), inner)


def _apart(examples: Examples, target: str, seed: int) -> Split:
    """All rows of one label in the same part. No folds: what several networks make of a row cannot be compared."""
    keys = hashing.of_labels(examples, target)
    key = hashing.mix(keys ^ np.uint64(seed)) if seed else keys
    known = labelled(examples, (target,))
    alone = np.full(len(key), -1, dtype=np.int64)
    parts, thresholds, how = _by_hash(key, alone, ([], []), known, examples.parts, (SHARE, SHARE))
    thresholds |= {"seed": seed} | _own(examples, (target,), known)
    return Split(parts, thresholds, None, f"all rows of one '{target}' in the same part; {how}")


def _own(examples: Examples, targets: Sequence[str], known: Array) -> Json:
    """What tells a test set of the user's own from another: no threshold does. One hash of all that its rows hold, in any order, but
    for the answers, which may be corrected."""
    rows = np.flatnonzero(known & (examples.parts == TEST)) if examples.parts is not None else np.zeros(0, np.int64)
    if not len(rows):
        return {}
    held = np.sort(hashing.content_of(examples.take(rows), ignore=targets))
    return {"given": hashlib.blake2b(held.tobytes(), digest_size=8).hexdigest()}


def place(thresholds: Json, keys: Array, target_values: Any = None, times: Array | None = None) -> Array:
    """The parts (int8 [N]) of rows by thresholds settled before. keys: `examples.keys(ignore=targets)`.

    target_values: what `examples.values(first target)` gives, or None; times: of the time column, where time decides.
    """
    if thresholds["by"] == "time":
        if times is None:
            raise DataError("These rows are parted by time: give the time of each.")
        return _cut_times(times, thresholds["edges"])
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


def labelled(examples: Examples, targets: Sequence[str]) -> Array:
    """[N] bool: somebody has said at least one of the targets. All rows where there is no target."""
    if not targets:
        return np.ones(len(examples), dtype=bool)
    known = np.zeros(len(examples), dtype=bool)
    for name in targets:
        data = examples.stored(name)
        if isinstance(data, Coded):
            known |= data.codes >= 0
        else:
            known |= ~np.isnan(data) if data.dtype.kind == "f" else True
    return known


def _strata(examples: Examples, targets: Sequence[str], known: Array) -> tuple[Array, tuple[list[str], list[float]]]:
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


def _home(key: Array, strata: Array) -> tuple[Array, Array, Array, Array]:
    """Distinct keys, the key of each row by number, each key's stratum (the commonest, then the lowest), and its rows."""
    distinct, row_key, rows = np.unique(key, return_inverse=True, return_counts=True)
    width = int(strata.max(initial=-1)) + 2
    pairs, pair_rows = np.unique(row_key * width + strata + 1, return_counts=True)
    of_key, of_stratum = pairs // width, pairs % width - 1
    order = np.lexsort((-of_stratum, pair_rows, of_key))  # the last of each key wins
    home = np.full(len(distinct), -1, dtype=np.int64)
    home[of_key[order]] = of_stratum[order]
    return distinct, row_key, home, rows


def _by_hash(
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
    distinct, row_key, home, rows = _home(key[free], strata[free])
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


def _mixed(row_key: Array, strata: Array, home: Array) -> Array:
    """Which keys have rows in several strata."""
    mixed = np.zeros(len(home), dtype=bool)
    mixed[row_key[strata != home[row_key]]] = True
    return mixed


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


def _by_time(times: Array, name: str, known: Array, given: Array | None) -> tuple[Array, Json, str]:
    """Learn from the past, choose on what came then, test on what came last; one moment is never parted.

    A test set of the user's own stays one, and the last of the other rows choose.
    """
    own = known & (given == TEST) if given is not None else np.zeros(len(times), dtype=bool)
    there = known & np.isfinite(times) & ~own
    if not there.any():
        raise DataError(f"No labelled row has a time in '{name}'. Fill it in, or leave out --time.")
    share = min(SHARE, CAP / int(there.sum()))
    moments, rows = np.unique(times[there], return_counts=True)
    if len(moments) < 3:
        raise DataError(f"'{name}' has {count(len(moments), 'moment')} only; past, later and last rows need three.")
    before = np.cumsum(rows) / rows.sum()
    last = min(max(2, int(np.searchsorted(before, 1 - share)) + 1), len(moments) - 1)
    if own.any():
        edges = [float(moments[last]), math.inf]
        how = (
            f"the test set as given; along '{name}' the past teaches and the last {share:.0%} of the other rows choose"
        )
    else:
        first = min(max(1, int(np.searchsorted(before, 1 - 2 * share)) + 1), last - 1)
        edges = [float(moments[first]), float(moments[last])]
        how = f"along '{name}': the past teaches, the last {share:.0%} of the rows test"
    parts = _cut_times(times, edges)
    parts[own] = TEST
    parts[~known & (parts != TRAIN)] = UNUSED
    return parts, {"by": "time", "edges": [edge if math.isfinite(edge) else None for edge in edges]}, how


def _cut_times(times: Array, edges: Sequence[float | None]) -> Array:
    first, last = (math.inf if edge is None else edge for edge in edges)
    parts = np.where(times < first, TRAIN, np.where(times < last, VALIDATION, TEST)).astype(np.int8)
    parts[~np.isfinite(times)] = UNUSED
    return parts


def _folds(key: Array, strata: Array, rows: Array, folds: int) -> Array:
    """Fold numbers by the rank of the hash within each stratum; alike rows share a fold."""
    out = np.full(len(key), UNUSED, dtype=np.int8)
    if not rows.any():
        return out
    distinct, row_key, home, weight = _home(key[rows], strata[rows])
    of_key = np.zeros(len(distinct), dtype=np.int8)
    sizes = np.zeros(folds)
    inside = np.zeros((int(home.max()) + 2, folds))
    grouped = int(weight.max()) > 1
    order = np.lexsort((distinct, -weight, home)) if grouped else np.lexsort((distinct, home))
    for each in order:  # to the fold with the fewest of its class, then the fewest rows
        fold = int(np.lexsort((sizes, inside[home[each] + 1]))[0])
        of_key[each] = fold
        sizes[fold] += weight[each]
        inside[home[each] + 1, fold] += weight[each]
    out[rows] = of_key[row_key]
    return out


def _few(strata: Array, rows: Array, folds: int, naming: tuple[list[str], list[float]]) -> list[Note]:
    """Classes with fewer than two rows for each fold."""
    names, edges = naming
    if edges or not names:
        return []
    counts = np.bincount(strata[rows & (strata >= 0)], minlength=len(names))
    few = [names[place] for place in np.flatnonzero((counts > 0) & (counts < 2 * folds))]
    if not few:
        return []
    text = f"{count(len(few), 'class')} with fewer than {2 * folds} labelled rows (first: '{few[0]}'): its results will be uncertain."
    return [Note("warn", text, "Add examples of them.")]
