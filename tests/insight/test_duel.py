"""The duel, told: an alarm where diversity falls, scores over the same bins, a sheet that stays small."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from lamina.insight.duel import SIDE, alarm, scores, sheet


@pytest.mark.parametrize(
    ("course", "word"),
    [
        ([1.8, 0.9, 0.2], "Diversity has collapsed"),
        ([1.8, 0.9, 0.55], "Diversity is falling"),
        ([1.8, 0.9, 0.85], ""),
        ([0.05, 0.1], ""),  # there was none yet to lose
        ([], ""),
    ],
)
def test_an_alarm_says_what_happened_and_by_what_it_was_measured(course: list[float], word: str) -> None:
    said = alarm(course)
    assert said.startswith(word)
    assert bool(said) == bool(word)
    if word:
        assert f"{100 * course[-1]:.0f} % of that of real ones; it was 100 %." in said


def test_scores_are_shares_over_the_same_bins() -> None:
    found = scores(np.linspace(0, 1, 50), np.linspace(-1, 0, 20))
    assert len(found["edges"]) == len(found["real"]) + 1 == len(found["made"]) + 1
    assert sum(found["real"]) == pytest.approx(1)
    assert sum(found["made"]) == pytest.approx(1)
    assert np.dot(found["real"], found["edges"][1:]) > np.dot(found["made"], found["edges"][1:])
    assert len(scores(np.zeros(4), np.zeros(4))["edges"]) == len(found["edges"])  # all the same


@pytest.mark.parametrize(("side", "channels"), [(12, 1), (128, 3)])
def test_a_sheet_holds_every_picture_and_stays_small(side: int, channels: int) -> None:
    rng = np.random.default_rng(0)
    found = sheet(rng.integers(0, 255, (10, side, side, channels)).astype(np.uint8))
    drawn = Image.open(io.BytesIO(base64.b64decode(found.partition(",")[2])))
    least = min(side, SIDE)
    assert abs(drawn.width - 8 * least) <= 8
    assert abs(drawn.height - 2 * least) <= 2
    assert np.asarray(drawn)[least // 2, least // 2 :: least].std() > 0
