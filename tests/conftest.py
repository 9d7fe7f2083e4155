"""What many tests need: a small model on disk, learned once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import lamina
from lamina.page import told


@pytest.fixture(scope="session", autouse=True)
def _plain_reports() -> Iterator[None]:
    """The page in a report costs a moment for each model that a test learns on the command line: those that look at it ask for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(told, "SHARE", 0.0)
        patch.setattr(told, "SHORTEST", 0.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_cache_of_a_person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody's own cache is written to; whoever wants one from run to run says where (LAMINA_CACHE)."""
    with pytest.MonkeyPatch.context() as patch:
        if "LAMINA_CACHE" not in os.environ:
            patch.setenv("LAMINA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> Iterator[None]:
    """It is heard, by what tests start too, also where a shell that runs them in the background keeps it away."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tells numbers below 100 from those above."""
    columns = {"x": [float(x) for x in range(200)], "size": ["low" if x < 100 else "high" for x in range(200)]}
    place = tmp_path_factory.mktemp("models") / "small.lamina"
    return lamina.learn(columns, "size", steps=60, folds=0).save(place)
