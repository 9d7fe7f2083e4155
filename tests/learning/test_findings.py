"""What a report says of labels: doubts of a network that knows something, none of one that guesses; and how it shows series."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest

import lamina
import worlds


@pytest.mark.parametrize(("guessed", "swapped"), [(True, 0), (False, 8)])
def test_only_a_network_that_is_mostly_right_doubts_labels(guessed: bool, swapped: int) -> None:
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 4, 200)
    places = rng.normal(0, 1, (200, 2)) + 6 * np.stack([kinds % 2, kinds // 2], 1)
    if guessed:
        rng.shuffle(kinds)
    wrong = rng.permutation(200)[:swapped]
    kinds[wrong] = (kinds[wrong] + 1) % 4
    world = {"east": places[:, 0], "north": places[:, 1], "kind": np.array(["a", "b", "c", "d"])[kinds]}
    model = lamina.learn(world, "kind", steps=60, folds=3)
    found = model.card.results["targets"][0]["suspects"]
    assert found["weak"] is guessed
    assert bool(found["rows"]) is not guessed
    assert ("tell wrong labels from hard examples" in model.report) is guessed
    assert ("labels look wrong" in model.report) is not guessed


def test_series_that_were_mistaken_are_drawn_to_be_read() -> None:
    model = lamina.learn(worlds.wobbles(80, 0), "label", steps=2, network="rnn")
    mistakes = model.card.results["targets"][0]["mistakes"]
    assert mistakes[0]["signals"] == ["signal 1", "signal 2"]
    drawn = base64.b64decode(mistakes[0]["picture"].split(",")[1]).decode()
    assert re.search(r">\d+ steps<", drawn)
    assert model.report.count('class="series"') >= len(mistakes)
    assert "signal 2</span>" in model.report
