"""What is found without labels: reports say what answers say, copies are the same, and few different examples break nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lamina
from lamina.insight.discovered import verdict


def _words(rows: int, columns: int = 6, kinds: int = 4) -> dict[str, list[str]]:
    """A survey: people of a few kinds mostly answer alike, so that many rows are copies of each other."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, kinds, rows)
    answers = (kind[:, None] * np.arange(1, columns + 1) + (rng.random((rows, columns)) < 0.08)) % 3
    return {f"question {k}": [f"answer {each}" for each in answers[:, k]] for k in range(columns)}


def _said(model: lamina.Model) -> Any:
    [found] = model.card.results["found"]
    return found


@pytest.mark.parametrize("clusters", [None, 3])
def test_the_report_counts_the_rows_in_no_cluster_that_answers_name(clusters: int | None) -> None:
    """Copies lie at no distance from each other, which rounding must not make one."""
    table = _words(300)
    model = lamina.learn(table, find="clusters", clusters=clusters, steps=30, show=False)
    said, answers = _said(model), model.predict(table)
    assert sum(answer.unlike for answer in answers) == said["outside"] < 100
    for each in said["clusters"]:
        assert sum(answer.value == each["name"] for answer in answers) == each["size"] > 0


def test_a_small_cluster_is_answered_with() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 0.1, 20) + np.repeat([0.0, 9.0], [14, 6])
    model = lamina.learn({"x": x.tolist(), "y": (-x).tolist()}, find="clusters", steps=100, show=False)
    assert all(each["size"] for each in _said(model)["clusters"])


def test_where_no_row_could_be_held_out_no_limit_is_promised_and_nothing_is_odd() -> None:
    table = {"door": ["open", "shut"] * 100, "light": ["on", "off"] * 100}
    model = lamina.learn(table, find="anomalies", steps=10, show=False)
    said = _said(model)
    assert said["held"] == said["flagged"] == 0
    assert "No limit could be set" in verdict(said)
    assert not any(answer.unlike for answer in model.predict(table))


def test_copies_are_the_same_whatever_the_rounding_and_each_example_counts_once() -> None:
    rng = np.random.default_rng(0)
    some = np.concatenate([rng.normal(5, 1, (60, 8)), rng.normal(5, 1, (200, 8))])
    x = np.concatenate([some, some[:60], some[:20]])
    model = lamina.learn({f"x{k}": x[:, k].tolist() for k in range(8)}, find="neighbours", steps=2, show=False)
    assert _said(model)["twins"] == {"same": 140, "near": 0}
    assert "140 of them are there more than once" in verdict(_said(model))
