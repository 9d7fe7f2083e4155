"""Where it fails: groups of rows that get clearly worse answers than the rest.

Many groups are looked at, and some look bad by chance: what is told has held up against that (Holm 1979).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lamina.core import Array, Coded
from lamina.insight.ranks import ranks
from lamina.model.intervals import wilson

LEAST = 20  # rows of a group, and of the rest
WORDS = 30  # the commonest words of a column that are looked at
PIECES = 5  # of a number: equal shares of the rows
LEVEL = 0.05  # the chance that anything at all is told where nothing is


@dataclass(frozen=True, slots=True)
class Slice:
    """A group. loss, rest: its mean loss and that of all others (a share of wrong answers, or a mean error); low, high: a 95 %
    interval of `loss`; chance: of a difference as large in a group picked at random, corrected for the number of looks."""

    column: str
    group: str
    rows: int
    loss: float
    low: float
    high: float
    rest: float
    chance: float


def slices(columns: Mapping[str, Array | Coded], loss: Array, count: int = 10) -> list[Slice]:
    """The groups with clearly larger loss, the surest first.

    columns: values of the judged rows, by name: words (`Coded`) or numbers [N]. loss: [N], of each row: 1.0 for a wrong answer
    and 0.0 for a right one, or the size of an error.
    """
    loss = np.asarray(loss, np.float64)
    shares = bool(np.isin(loss, (0.0, 1.0)).all())
    found = []
    for column, values in columns.items():
        for group, inside in _groups(values):
            n = int(inside.sum())
            if LEAST <= n <= len(loss) - LEAST:
                found.append((_chance(loss, inside, shares), column, group, inside))
    found.sort(key=lambda each: each[0])
    told: list[Slice] = []
    worst = 0.0
    for place, (chance, column, group, inside) in enumerate(found):
        worst = max(worst, min(1.0, chance * (len(found) - place)))
        if worst > LEVEL or len(told) == count:
            break
        mean, rest = float(loss[inside].mean()), float(loss[~inside].mean())
        low, high = _interval(loss[inside], shares)
        told.append(Slice(column, group, int(inside.sum()), mean, low, high, rest, worst))
    return told


def picture_columns(pixels: Array) -> dict[str, Array]:
    """What can be said of pictures [N, H, W, C] without knowing them: how bright, how much contrast, how colourful."""
    grey = pixels.mean(3, dtype=np.float32)
    found = {"brightness": grey.mean((1, 2)), "contrast": grey.std((1, 2))}
    if pixels.shape[3] == 3:
        spread = pixels.max(3).astype(np.float32) - pixels.min(3)
        found["colour"] = spread.mean((1, 2))
    return {name: values.astype(np.float64) for name, values in found.items()}


def _groups(values: Array | Coded) -> Iterator[tuple[str, Array]]:
    """Names of groups and which rows [N] bool are in them: words, pieces of numbers, and what is missing."""
    if isinstance(values, Coded):
        counts = np.bincount(values.codes + 1, minlength=len(values.words) + 1)
        for code in np.argsort(-counts[1:], kind="stable")[:WORDS]:
            yield values.words[code], values.codes == code
        yield "missing", values.codes < 0
        return
    numbers = np.asarray(values, np.float64)
    known = np.isfinite(numbers)
    distinct = np.unique(numbers[known])
    yield "missing", ~known
    if len(distinct) <= PIECES:
        for each in distinct:
            yield f"{each:g}", numbers == each
        return
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, PIECES + 1)[1:-1]))
    place = np.searchsorted(edges, numbers, side="right")
    for piece in range(len(edges) + 1):
        name = (
            f"below {edges[0]:.4g}"
            if piece == 0
            else f"{edges[-1]:.4g} and more"
            if piece == len(edges)
            else f"{edges[piece - 1]:.4g} to {edges[piece]:.4g}"
        )
        yield name, known & (place == piece)


def _chance(loss: Array, inside: Array, shares: bool) -> float:
    """The one-sided chance of a difference as large: of shares by the hypergeometric law, of errors by Welch's test on ranks."""
    if shares:
        return _hypergeometric(int(loss[inside].sum()), int(inside.sum()), int(loss.sum()), len(loss))
    order = ranks(loss)
    a, b = order[inside], order[~inside]
    spread = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    if spread == 0:
        return 1.0
    return 0.5 * math.erfc((a.mean() - b.mean()) / spread / math.sqrt(2))


def _hypergeometric(wrong: int, size: int, all_wrong: int, total: int) -> float:
    """The chance that `size` rows of `total`, `all_wrong` of them wrong, hold at least `wrong` wrong ones (Fisher's test)."""
    ways = _logs(total)
    k = np.arange(max(0, size - (total - all_wrong)), min(size, all_wrong) + 1)
    right = total - all_wrong - size + k
    logs = -(ways[k] + ways[all_wrong - k] + ways[size - k] + ways[right])
    weights = np.exp(logs - logs.max())
    return float(weights[k >= wrong].sum() / weights.sum())


@lru_cache(maxsize=4)
def _logs(most: int) -> Array:
    """The logarithms of 0!, 1!, … most!."""
    found: Array = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])
    return found


def _interval(loss: Array, shares: bool) -> tuple[float, float]:
    if shares:
        return wilson(float(loss.sum()), len(loss))
    mean, reach = float(loss.mean()), 1.96 * float(loss.std(ddof=1)) / math.sqrt(len(loss))
    return mean - reach, mean + reach
