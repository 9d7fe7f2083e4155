"""Confidence that is true is found true, and boasting is found out."""

import numpy as np
import pytest

from lamina.insight.calibration import coverage, reliability


def answers(rows, boast, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.5, 1.0, rows)
    return np.clip(truth + boast, 0, 1), rng.random(rows) < truth


def test_true_confidence_has_only_the_error_of_chance():
    found = reliability(*answers(5000, 0.0))
    assert found.error == pytest.approx(found.chance, abs=0.008)
    assert found.debiased < found.error
    assert sum(each.count for each in found.bins) == found.count == 5000


def test_boasting_shows():
    found = reliability(*answers(5000, 0.12))
    assert found.error > 0.09 > 4 * found.chance
    assert found.debiased == pytest.approx(found.error, abs=0.01)
    assert all(each.right < each.confidence for each in found.bins[:-1])


def test_few_rows_make_few_bins_and_chance_is_said():
    found = reliability(*answers(60, 0.0))
    assert 1 <= len(found.bins) <= 3
    assert found.chance > 0.02


def test_equal_confidences_share_a_bin():
    found = reliability(np.full(300, 0.7), np.arange(300) < 210)
    assert len(found.bins) == 1
    assert found.error == pytest.approx(0.0, abs=1e-9)
    assert reliability(np.zeros(0), np.zeros(0)).bins == ()


def test_coverage_counts_truths_within():
    truth = np.random.default_rng(0).normal(size=2000)
    found = coverage(np.full(2000, -1.645), np.full(2000, 1.645), truth, 0.9)
    assert found.low <= 0.9 <= found.high
    assert found.width == pytest.approx(3.29)
    assert coverage(np.zeros(0), np.zeros(0), np.zeros(0), 0.9).count == 0
