"""The map: near ones stay near, also where there are more points than landmarks."""

from __future__ import annotations

import numpy as np
import pytest

from lamina.core import Array
from lamina.page import plane


@pytest.fixture
def sheet(monkeypatch: pytest.MonkeyPatch) -> Array:
    """A bent sheet in twelve directions: it has two of its own."""
    monkeypatch.setattr(plane, "LANDMARKS", 150)
    rng = np.random.default_rng(0)
    u, v = rng.uniform(0, 3, (2, 900))
    parts = [np.cos(u), np.sin(u), np.cos(v), np.sin(v), u * v / 3, u - v]
    found: Array = (np.stack(parts, 1) @ rng.normal(0, 1, (6, 12))).astype(np.float32)
    return found


def test_neighbours_are_nearly_all_the_nearest(sheet: Array) -> None:
    small = plane._narrowed(sheet)
    found = plane._neighbours(small, small[:150])
    assert found.shape == (900, plane.DRAWN)
    shares = []
    for row in range(0, 900, 30):
        away = ((small - small[row]) ** 2).sum(1)
        away[row] = np.inf
        nearest = np.argpartition(away, plane.DRAWN)[: plane.DRAWN]
        assert row not in found[row]
        shares.append(len(set(nearest) & set(found[row])) / plane.DRAWN)
    assert np.mean(shares) > 0.8


def test_points_settle_beside_their_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heaps in twelve directions: between the few landmarks of a heap there is no room for its own neighbours."""
    pytest.importorskip("sklearn")
    monkeypatch.setattr(plane, "LANDMARKS", 120)
    rng = np.random.default_rng(1)
    heaps = (rng.normal(0, 3, (3, 12))[rng.integers(0, 3, 2_000)] + rng.normal(0, 1, (2_000, 12))).astype(np.float32)
    places, embedded = plane.plane(heaps)
    assert embedded
    assert np.isfinite(places).all()
    small = plane._narrowed(heaps)
    marks = plane._embedded(small[:120], 0)
    before = np.concatenate([marks, plane._between(small[120:], small[:120], marks)])
    assert plane.kept(heaps, places) > 1.3 * plane.kept(heaps, before)


def test_points_that_are_all_the_same_have_a_place_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plane, "LANDMARKS", 100)
    places, _ = plane.plane(np.ones((400, 6), np.float32))
    assert np.isfinite(places).all()


def test_directions_of_many_columns_are_those_in_which_they_differ_most() -> None:
    rng = np.random.default_rng(0)
    rows, columns = 300, plane.EXACT + 100
    features = rng.standard_normal((rows, columns)) @ (
        rng.standard_normal((columns, columns)) / np.arange(1, columns + 1)
    )
    features = (features - features.mean(0)).astype(np.float32)
    found, _ = plane.flat(features)
    exact = np.linalg.svd(features, compute_uv=False)
    assert np.allclose(np.linalg.norm(found, axis=0), exact[:2], rtol=0.01)
