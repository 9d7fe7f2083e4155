"""How large pictures are looked at by a network that knows photographs, by the time that there is."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch

from lamina.core import Encoded, Form
from lamina.learning.budget import Budget
from lamina.learning.frozen import Frozen
from lamina.learning.readout import SIDES, affordable, sized
from lamina.machine import cache

ROWS = 100
PICTURES = Encoded(torch.zeros(ROWS, 40, 40, 3, dtype=torch.uint8), torch.ones(ROWS))


def looked(pace: float, monkeypatch: pytest.MonkeyPatch) -> tuple[Frozen, bool]:
    """With so many seconds a picture, and ten in all."""
    monkeypatch.setattr(Frozen, "pace", lambda self, rows: pace)
    budget = Budget(time.monotonic(), 10.0)
    running = sized(PICTURES, Form("grid", (40, 40, 3)), np.arange(ROWS), budget, tune=False)
    while True:
        try:
            next(running)
        except StopIteration as ended:
            return ended.value, affordable(ended.value, budget)


@pytest.mark.parametrize(
    ("pace", "side", "enough"),
    [(0.01, SIDES[0], True), (0.06, 224, True), (0.19, SIDES[-1], True), (1.0, SIDES[-1], False)],
)
def test_the_less_time_the_smaller_and_at_last_not_at_all(
    pace: float, side: int, enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, there_is_time = looked(pace, monkeypatch)
    assert found.side == side
    assert there_is_time == enough


def test_features_of_a_smaller_side_that_are_kept_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMINA_CACHE", str(tmp_path))
    small = Frozen(PICTURES, Form("grid", (40, 40, 3)), SIDES[-1])
    small.done[:] = True
    cache.keep(small.key, small.values)
    found, there_is_time = looked(1.0, monkeypatch)
    assert found.side == SIDES[-1]
    assert found.done.all()
    assert there_is_time
