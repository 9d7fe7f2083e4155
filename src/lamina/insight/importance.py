"""Which inputs this model leans on: shuffle one among the rows, and see how much worse the answers get.

Permutation importance (Breiman 2001; Fisher et al. 2019). It measures this model on held-out rows, not the world:
of two columns that say the same, each may look unimportant, because the other still tells.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lamina.core import Array

ROUNDS = 120  # resamples behind each interval
LEAST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Importance:
    """How much the score falls when `name` is shuffled; low, high: a 95 % interval over rows and shuffles."""

    name: str
    mean: float
    low: float
    high: float


def permutation(
    columns: Mapping[str, Sequence[int] | str],
    predict: Callable[[dict[str, Array]], Array],
    inputs: Mapping[str, Array],
    score: Callable[[Array, Array], float],
    rng: np.random.Generator,
    *,
    repeats: int = 5,
    rows: int = 2000,
    seconds: float = 10.0,
    table: str = "table",
) -> list[Importance]:
    """The importance of every column, largest first.

    columns: a name to the positions of `inputs[table]` that are shuffled together, or to the name of an input that
    is shuffled as a whole (the photo). predict: encoded inputs to raw answers [n, C]. score: raw answers and the
    positions of their rows in `inputs`, to a number where higher is better (negate an error). At most `rows` rows are
    judged. Within `seconds`, fewer rows and repeats are used; columns that could not be reached at all are missing.
    """
    total = len(next(iter(inputs.values())))
    chosen = np.sort(rng.permutation(total)[: min(rows, total)])
    start = time.perf_counter()
    probe = chosen[: min(len(chosen), 256)]
    predict({name: values[probe] for name, values in inputs.items()})
    each = max(1e-9, (time.perf_counter() - start) / max(1, len(probe)))
    most = int(0.5 * seconds / (each * (len(columns) + 1)))  # half is left for the intervals
    if most < len(chosen):
        chosen = np.sort(rng.permutation(chosen)[: max(LEAST_ROWS, most)])
    here = {name: np.asarray(values[chosen]) for name, values in inputs.items()}
    base = predict(here)

    shuffled: dict[str, list[Array]] = {name: [] for name in columns}
    until = start + 0.6 * seconds
    for repeat in range(repeats):
        for name, where in columns.items():
            if time.perf_counter() > until and (repeat or any(shuffled.values())):
                break
            changed = _shuffle(here, where, table, rng)
            shuffled[name].append(base if changed is None else predict(changed))
    return _judge(shuffled, base, chosen, score, rng, start + seconds)


def _shuffle(
    inputs: dict[str, Array], where: Sequence[int] | str, table: str, rng: np.random.Generator
) -> dict[str, Array] | None:
    """The inputs with one part shuffled among the rows; None where that changes nothing."""
    name = where if isinstance(where, str) else table
    values = inputs[name]
    order = rng.permutation(len(values))
    if isinstance(where, str):
        return {**inputs, name: values[order]}
    positions = list(where)
    part = values[:, positions]
    mixed = part[order]
    if np.array_equal(part, mixed, equal_nan=True):
        return None
    changed = values.copy()
    changed[:, positions] = mixed
    return {**inputs, name: changed}


def _judge(
    shuffled: Mapping[str, list[Array]],
    base: Array,
    rows: Array,
    score: Callable[[Array, Array], float],
    rng: np.random.Generator,
    until: float,
) -> list[Importance]:
    """Each round draws the rows anew and takes one of the shuffles: both kinds of chance are in the interval."""
    whole = score(base, rows)
    reached = {name: raws for name, raws in shuffled.items() if raws}
    means = {name: float(np.mean([whole - score(raw, rows) for raw in raws])) for name, raws in reached.items()}
    falls: dict[str, list[float]] = {name: [] for name in reached}
    for done in range(ROUNDS):
        if done >= 20 and time.perf_counter() > until:
            break
        draw = rng.integers(0, len(rows), len(rows))
        before = score(base[draw], rows[draw])
        for name, raws in reached.items():
            raw = raws[done % len(raws)]
            falls[name].append(0.0 if raw is base else before - score(raw[draw], rows[draw]))
    found = []
    for name, fall in falls.items():
        seen = np.asarray(fall)[np.isfinite(fall)]
        low, high = np.quantile(seen, [0.025, 0.975]) if len(seen) else (np.nan, np.nan)
        found.append(Importance(name, means[name], float(low), float(high)))
    return sorted(found, key=lambda each: -each.mean)
