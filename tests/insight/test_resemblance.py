"""Measures of made examples against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from lamina.insight.resemblance import density_coverage, diversity, frechet, nearest


def test_the_frechet_distance_of_normal_clouds_is_the_known_one() -> None:
    """Of N(a, A) and N(b, B) it is |a - b|² + tr(A + B - 2 (AB)^½); for commuting A and B the sum of (√A - √B)²."""
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    one = (rng.standard_normal((200_000, 3)) * [1.0, 2.0, 3.0]) @ turn
    other = (rng.standard_normal((200_000, 3)) * [2.0, 2.0, 0.5]) @ turn + [1.0, -2.0, 0.0]
    known = 1.0 + 4.0 + (1 - 2) ** 2 + 0 + (3 - 0.5) ** 2
    assert frechet(one, other) == pytest.approx(known, rel=0.02)
    assert frechet(one, one) == pytest.approx(0.0, abs=1e-6)
    assert frechet(one, other) == pytest.approx(frechet(other, one), rel=1e-6)


def test_frechet_takes_fewer_rows_than_features() -> None:
    rng = np.random.default_rng(0)
    few = rng.standard_normal((10, 40)).astype(np.float32)
    assert np.isfinite(frechet(few, few + 1))
    assert frechet(few, few + 1) == pytest.approx(40.0, rel=1e-3)


def test_what_is_alike_is_dense_and_covers_and_what_lies_elsewhere_does_neither() -> None:
    rng = np.random.default_rng(1)
    real, alike = rng.standard_normal((2, 1_000, 4))
    density, coverage = density_coverage(real, alike)
    assert density == pytest.approx(1.0, abs=0.1)
    assert coverage > 0.9
    assert density_coverage(real, alike + 100) == (0.0, 0.0)


def test_one_kind_made_again_and_again_is_dense_but_covers_little() -> None:
    rng = np.random.default_rng(2)
    real = np.concatenate([rng.standard_normal((500, 2)), rng.standard_normal((500, 2)) + 50])
    one_kind = rng.standard_normal((1_000, 2))
    density, coverage = density_coverage(real, one_kind)
    assert density > 0.8
    assert 0.4 < coverage <= 0.5
    assert diversity(one_kind) < 0.1 * diversity(real)


def test_the_nearest_is_found_and_how_far_it_is() -> None:
    known = np.random.default_rng(3).standard_normal((300, 5)).astype(np.float32)
    places, apart = nearest(known[[7, 250]] + np.float32(0.1), known)
    assert places.tolist() == [7, 250]
    assert apart == pytest.approx(0.1 * 5**0.5, rel=0.01)
