"""The column that matters is found; noise is not."""

import numpy as np
import pytest

from lamina.insight.importance import permutation
from lamina.insight.mistakes import confident, largest


@pytest.fixture
def world():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(1500, 4)).astype(np.float32)
    photo = rng.integers(0, 255, (1500, 4, 4, 1), dtype=np.uint8)
    target = 2 * table[:, 0] + table[:, 1] - table[:, 2] + photo[:, 0, 0, 0] / 100
    return {"table": table, "photo": photo}, target


def predict(inputs):
    table = inputs["table"]
    return (2 * table[:, 0] + table[:, 1] - table[:, 2] + inputs["photo"][:, 0, 0, 0] / 100)[:, None]


def judge(world, columns, **options):
    inputs, target = world

    def score(raw, rows):
        return -float(np.sqrt(np.mean(np.square(raw[:, 0] - target[rows]))))

    found = permutation(columns, predict, inputs, score, np.random.default_rng(1), **options)
    return {each.name: each for each in found}


def test_what_matters_comes_first_and_noise_counts_nothing(world):
    found = judge(world, {"noise": [3], "small": [1], "large": [0], "photo": "photo"})
    assert next(iter(found)) == "large"
    assert found["large"].low > found["small"].high > found["small"].low > 0
    assert found["photo"].low > 0
    assert found["noise"].mean == found["noise"].low == found["noise"].high == 0


def test_columns_of_a_group_are_shuffled_together(world):
    found = judge(world, {"pair": [1, 2], "first": [1]})
    assert found["pair"].mean > found["first"].mean


def test_no_time_still_answers_with_fewer_rows(world):
    assert judge(world, {"large": [0]}, seconds=0.0)["large"].mean > 0


def test_a_missing_column_stays_missing(world):
    inputs, _ = world
    gone = {**inputs, "table": np.full_like(inputs["table"], np.nan)}
    found = permutation({"a": [0]}, lambda x: x["table"][:, :1], gone, lambda raw, rows: 0.0, np.random.default_rng(0))
    assert found[0].mean == 0


def test_mistakes_are_the_surest_first():
    shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.99, 0.01]])
    found = confident(shares, np.array([1, 0, 1, 0]))
    assert [(each.row, each.said, each.truth) for each in found] == [(0, 0, 1), (1, 1, 0)]
    assert found[0].doubt == pytest.approx(0.1)
    assert confident(shares, np.array([0, 1, 1, 0])) == []


def test_residuals_are_the_largest_first_and_skip_unknown():
    found = largest(np.array([1.0, 5.0, np.nan, 2.0]), np.array([1.5, 0.0, 1.0, 4.0]), count=2)
    assert [each.row for each in found] == [1, 3]
    assert found[0].error == 5.0
