"""Intervals hold the truth about as often as they say."""

import numpy as np
import pytest

from lamina.model.intervals import differences, interval, intervals, wilson


def accuracy(raw, target, weight=None):
    return float(np.average(raw[:, 0] == target, weights=weight))


def rmse(raw, target, weight=None):
    return float(np.sqrt(np.average(np.square(raw[:, 0] - target), weights=weight)))


def both(raw, target, weight=None):
    return {"accuracy": accuracy(raw, target, weight), "rmse": rmse(raw, target, weight)}


def test_wilson_knows_the_published_values():
    assert wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("share", "rows"), [(0.5, 60), (0.9, 200), (0.99, 100)])
def test_wilson_covers(share, rows):
    rng = np.random.default_rng(0)
    drawn = rng.binomial(rows, share, 2000)
    held = np.mean([low <= share <= high for low, high in (wilson(n, rows) for n in drawn)])
    assert 0.91 <= held <= 0.99


def test_bootstrap_covers_the_error_of_a_number():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(100):
        target = rng.normal(size=300)
        raw = (target + rng.normal(scale=2.0, size=300))[:, None]
        low, high = interval(rmse, raw, target, rng=rng, rounds=100)
        held += low <= 2.0 <= high
    assert 0.88 <= held / 100 <= 1.0


def test_rows_of_a_group_are_not_independent():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(20), 25)
    target = np.zeros(500)
    raw = rng.normal(size=20)[group][:, None] + 0.1 * rng.normal(size=(500, 1))
    alone = interval(rmse, raw, target, rng=rng)
    together = interval(rmse, raw, target, rng=rng, group=group)
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_a_perfect_score_is_not_certain():
    target = np.arange(40) % 2
    low, high = intervals(both, target[:, None], target, rng=np.random.default_rng(3))["accuracy"]
    assert low == pytest.approx(wilson(40, 40)[0])
    assert high == pytest.approx(1.0)


def test_weights_count():
    rng = np.random.default_rng(4)
    target = np.zeros(400)
    raw = np.repeat([0.0, 1.0], 200)[:, None]
    low, high = interval(accuracy, raw, target, np.repeat([3.0, 1.0], 200), rng=rng)
    assert low < 0.75 < high
    assert low > 0.6


def test_many_rows_narrow_the_interval_by_the_square_root():
    rng = np.random.default_rng(5)

    def width(rows):
        raw = rng.normal(size=(rows, 1))
        low, high = interval(rmse, raw, np.zeros(rows), rng=rng)
        return high - low

    assert width(200_000) == pytest.approx(width(2000) / 10, rel=0.35)


def test_a_difference_is_sharper_than_two_intervals():
    rng = np.random.default_rng(6)
    target = rng.normal(size=400)
    noise = rng.normal(size=400)
    better, worse = (target + noise)[:, None], (target + 1.05 * noise)[:, None]
    gap, low, high = differences(both, better, worse, target, rng=rng)["rmse"]
    assert low <= gap <= high < 0
    assert intervals(both, better, target, rng=rng)["rmse"][1] > rmse(worse, target)


def test_one_row_and_missing_metrics_do_not_fail():
    rng = np.random.default_rng(7)
    found = intervals(lambda *_: {"auc": float("nan")}, np.zeros((5, 1)), np.zeros(5), rng=rng)
    assert np.isnan(found["auc"]).all()
    assert np.isnan(interval(rmse, np.zeros((1, 1)), np.ones(1), rng=rng)).all()
