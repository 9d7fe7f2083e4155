"""What more examples would bring: the error after learning from parts of the rows, and the law it follows.

Errors fall as a power of the number of examples (Hestness et al. 2017): error = floor + a · n^-b. Insight trains nothing
itself: what learns is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lamina.core import Array, DataError, Json

SHARES = (0.125, 0.25, 0.5, 1.0)
ROUNDS = 200  # resamples behind the interval
EXPONENTS = np.linspace(0.05, 1.5, 59)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The error expected of so many examples, and a 95 % interval."""

    rows: int
    error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """sizes, errors: what was learned from and the mean loss on the same held-out rows. forecasts: of more examples.

    The interval covers which rows were held out and how well the law fits; it does not cover that new examples may differ.
    """

    sizes: tuple[int, ...]
    errors: tuple[float, ...]
    forecasts: tuple[Forecast, ...]

    def json(self) -> Json:
        return {
            "points": [{"rows": n, "error": e} for n, e in zip(self.sizes, self.errors, strict=True)],
            "forecasts": [{"rows": f.rows, "error": f.error, "low": f.low, "high": f.high} for f in self.forecasts],
        }

    def lines(self) -> list[str]:
        """In words."""
        found = [f"{n:>9,} examples: mean loss {e:.4g}" for n, e in zip(self.sizes, self.errors, strict=True)]
        found += [f"{f.rows:>9,} examples: perhaps {f.error:.4g} ({f.low:.4g} to {f.high:.4g})" for f in self.forecasts]
        return found


def learning_curve(
    learn: Callable[[Array], Array],
    rows: int,
    rng: np.random.Generator,
    *,
    shares: Sequence[float] = SHARES,
    more: Sequence[float] = (2.0, 4.0),
) -> LearningCurve:
    """The curve over parts of `rows` training rows, and where it leads.

    learn: takes numbers of training rows, learns from these alone, and gives the loss [M] of each of the same M held-out rows
    (1.0 for a wrong answer, or the size of an error). Each part holds the one before it. more: multiples of `rows`.

    Raises:
        DataError: there are too few rows for parts that differ.

    >>> found = learning_curve(lambda some: np.full(50, 0.1 + len(some) ** -0.5), 1600, np.random.default_rng(0))
    >>> [round(each, 2) for each in found.errors], round(found.forecasts[1].error, 2)
    ([0.17, 0.15, 0.14, 0.12], 0.11)
    """
    sizes = sorted({round(share * rows) for share in shares})
    if len(sizes) < 3 or sizes[0] < 10:
        raise DataError(
            f"{rows:,} rows at shares {', '.join(f'{each:g}' for each in shares)} give parts of {sizes}; at least three "
            "parts of 10 rows and more are needed."
        )
    order = rng.permutation(rows)
    losses = np.stack([np.asarray(learn(np.sort(order[:size])), np.float64) for size in sizes])
    errors = losses.mean(1)
    wanted = np.array([round(each * rows) for each in more])
    best = _law(np.array(sizes), errors, wanted)
    drawn = []
    for _ in range(ROUNDS):
        some = rng.integers(0, losses.shape[1], losses.shape[1])
        drawn.append(_law(np.array(sizes), losses[:, some].mean(1), wanted))
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    forecasts = [
        Forecast(int(n), float(e), float(min(a, e)), float(max(b, e)))
        for n, e, a, b in zip(wanted, best, low, high, strict=True)
    ]
    return LearningCurve(tuple(sizes), tuple(float(each) for each in errors), tuple(forecasts))


def _law(sizes: Array, errors: Array, wanted: Array) -> Array:
    """The law that fits best, at the sizes wanted: floor and factor by least squares for each exponent, neither below 0."""
    best, found = np.inf, np.full(len(wanted), errors[-1])
    for exponent in EXPONENTS:
        x = (sizes / sizes[-1]) ** -exponent
        for floored in (True, False):
            design = np.stack([np.ones_like(x), x], 1) if floored else x[:, None]
            fit = np.linalg.lstsq(design, errors, rcond=None)[0]
            floor, factor = (fit[0], fit[1]) if floored else (0.0, fit[0])
            if floor < 0 or factor < 0:
                continue
            off = float(np.square(floor + factor * x - errors).sum())
            if off < best - 1e-12:
                best, found = off, floor + factor * (wanted / sizes[-1]) ** -exponent
    return found
