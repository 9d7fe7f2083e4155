from __future__ import annotations

import itertools

import numpy as np
import pytest

from lamina.core import Array, DataError
from lamina.insight.learning_curve import learning_curve


def learner(floor: float, power: float, rng: np.random.Generator) -> tuple[list[int], object]:
    """Right and wrong answers whose share follows a law."""
    asked: list[int] = []

    def learn(rows: Array) -> Array:
        asked.append(len(rows))
        return (rng.random(4000) < floor + len(rows) ** -power).astype(float)

    return asked, learn


def test_a_power_law_is_carried_on() -> None:
    rng = np.random.default_rng(0)
    asked, learn = learner(0.05, 0.4, rng)
    found = learning_curve(learn, 3200, rng)  # type: ignore[arg-type]
    assert asked == [400, 800, 1600, 3200] == list(found.sizes)
    for forecast, rows in zip(found.forecasts, (6400, 12800), strict=True):
        truth = 0.05 + rows**-0.4
        assert forecast.rows == rows
        assert forecast.low <= forecast.error <= forecast.high
        assert forecast.low - 0.004 < truth < forecast.high + 0.004
        assert forecast.high - forecast.low < 0.05
    assert "perhaps" in found.lines()[-1]


def test_parts_hold_one_another_and_name_no_row_twice() -> None:
    seen: list[Array] = []

    def learn(rows: Array) -> Array:
        seen.append(rows)
        return np.full(30, 1 / len(rows))

    learning_curve(learn, 200, np.random.default_rng(1), shares=(0.25, 0.5, 1.0))
    for small, large in itertools.pairwise(seen):
        assert set(small) < set(large)
        assert len(set(large.tolist())) == len(large)


def test_where_nothing_is_gained_nothing_is_promised() -> None:
    rng = np.random.default_rng(2)
    found = learning_curve(lambda rows: (rng.random(4000) < 0.3).astype(float), 1000, rng)
    assert found.forecasts[-1].high > 0.27
    assert found.forecasts[-1].error > 0.2


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(DataError, match="at least three parts of 10 rows"):
        learning_curve(lambda rows: np.ones(5), 40, np.random.default_rng(0))
