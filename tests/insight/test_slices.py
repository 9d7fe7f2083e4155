from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from lamina.core import Coded
from lamina.insight.slices import _hypergeometric, picture_columns, slices


def table(rng: np.random.Generator, rows: int = 2000) -> dict[str, np.ndarray | Coded]:
    found: dict[str, np.ndarray | Coded] = {f"n{k}": rng.standard_normal(rows) for k in range(8)}
    found["town"] = Coded(rng.integers(-1, 4, rows).astype(np.int32), ("Aden", "Bonn", "Cork", "Dhaka"))
    return found


def test_a_group_that_fails_is_told_and_no_other() -> None:
    rng = np.random.default_rng(0)
    columns = table(rng)
    town = columns["town"]
    assert isinstance(town, Coded)
    loss = (rng.random(2000) < np.where(town.codes == 2, 0.35, 0.1)).astype(float)
    found = slices(columns, loss)
    assert [(each.column, each.group) for each in found] == [("town", "Cork")]
    only = found[0]
    assert only.rows == (town.codes == 2).sum()
    assert only.low < only.loss < only.high
    assert only.rest < only.low
    assert only.chance < 1e-6


def test_errors_of_numbers_and_missing_cells_too() -> None:
    rng = np.random.default_rng(1)
    columns = table(rng)
    columns["n3"] = np.where(rng.random(2000) < 0.1, np.nan, columns["n3"])
    loss = np.abs(rng.standard_normal(2000)) * np.where(np.isnan(columns["n3"]), 2.5, 1)
    found = slices(columns, loss)
    assert [(each.column, each.group) for each in found] == [("n3", "missing")]


def test_where_nothing_fails_something_is_told_one_time_in_twenty_at_most() -> None:
    told = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        told += bool(slices(table(rng, 400), (rng.random(400) < 0.2).astype(float)))
    assert told <= 12  # 5 expected; more than 12 happens once in a thousand times


def test_the_chance_is_fishers() -> None:
    for wrong, size, all_wrong, total in ((8, 20, 30, 200), (0, 5, 3, 50), (5, 5, 5, 40)):
        pairs = [[wrong, size - wrong], [all_wrong - wrong, total - size - all_wrong + wrong]]
        expected = fisher_exact(pairs, alternative="greater").pvalue
        assert _hypergeometric(wrong, size, all_wrong, total) == pytest.approx(expected, rel=1e-9)


def test_few_distinct_numbers_are_groups_by_themselves() -> None:
    rng = np.random.default_rng(2)
    stars = rng.integers(1, 4, 900).astype(float)
    loss = (rng.random(900) < np.where(stars == 3, 0.5, 0.1)).astype(float)
    assert [each.group for each in slices({"stars": stars}, loss)] == ["3"]


def test_pictures_are_described() -> None:
    dark, light = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 200, np.uint8)
    light[0, 0, 0] = (200, 0, 0)
    found = picture_columns(np.concatenate([dark, light]))
    assert found["brightness"][0] == 0 < found["brightness"][1]
    assert found["colour"][0] == 0 < found["colour"][1]
    assert list(picture_columns(dark[..., :1])) == ["brightness", "contrast"]
