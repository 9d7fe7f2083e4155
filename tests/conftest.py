"""What many tests need: a small model on disk, learned once."""

from __future__ import annotations

from pathlib import Path

import pytest

import lamina


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tells numbers below 100 from those above."""
    columns = {"x": [float(x) for x in range(200)], "size": ["low" if x < 100 else "high" for x in range(200)]}
    place = tmp_path_factory.mktemp("models") / "small.lamina"
    return lamina.learn(columns, "size", steps=60, folds=0).save(place)
