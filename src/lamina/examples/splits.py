"""Which rows teach, which choose, and which judge: by the hash of a row's key (`thresholds`) or along time (`moments`).

What tells it is kept in the model's card, so that it stays so for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lamina.core import Array, Coded, Json
from lamina.examples import keys as hashing
from lamina.examples import moments
from lamina.examples.examples import Examples
from lamina.examples.moments import SHARE
from lamina.examples.reading import TEST, TRAIN, UNUSED, VALIDATION, Note, count
from lamina.examples.thresholds import by_hash, home_of, strata_of

SMALL = 1_000  # labelled rows: below it, folds
TINY = 100  # labelled rows: below it, too few to choose by where nothing is reported
INNER = 20  # folds among the rows that teach and choose; of fewer, that divide it, each is several of these


@dataclass(frozen=True)
class Split:
    """parts: int8 [N], 0 train, 1 validation, 2 test, -1 not used. thresholds: what the card keeps, for `place`.

    folds: int8 [N], 0 to 4, -1 for rows in no fold; None where there are rows enough. inner: int8 [N], 0 to 19 (where there
    are folds, their numbers), by which copies within a network are kept from rows, so that rows that choose may teach too;
    alike rows and rows of a group share a number, for ever. None where the rows that choose are others by nature: given, or
    later in time.
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
    strata, naming = strata_of(examples, targets, known)
    given = examples.parts
    notes: list[Note] = []
    times = examples.of("time")
    if times:
        parts, thresholds, how = moments.by_time(examples.values(times[0]), times[0], known, given)
    else:
        shares = (SHARE, SHARE) if report else (0.0, SHARE if known.sum() >= TINY else 0.0)
        parts, thresholds, how = by_hash(key, strata, naming, known, given, shares)
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
    parts, thresholds, how = by_hash(key, alone, ([], []), known, examples.parts, (SHARE, SHARE))
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


def _folds(key: Array, strata: Array, rows: Array, folds: int) -> Array:
    """Fold numbers by the rank of the hash within each stratum; alike rows share a fold."""
    out = np.full(len(key), UNUSED, dtype=np.int8)
    if not rows.any():
        return out
    distinct, row_key, home, weight = home_of(key[rows], strata[rows])
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
