"""What everything promises that is found in features without labels."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from lamina import kinds
from lamina.core import Array, Found, Layout
from lamina.found.anomalies import Anomalies

LAYOUT = Layout((("values", 4), ("residuals", 4), ("code", 2)), (("size", ""), ("size", ""), ("town", ""), ("age", "")))
each_kind = pytest.mark.parametrize("kind", kinds.names("found"))


class Rows:
    """As many rows as there are features, whose cells are numbers."""

    def __init__(self, features: Array) -> None:
        self.features = features

    def __len__(self) -> int:
        return len(self.features)

    def values(self, column: str, rows: Any = None) -> Array:
        found: Array = self.features[:, 0].astype(np.float64)
        return found if rows is None else found[rows]


def features(rows: int, seed: int, off: float = 0.0) -> Array:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((rows, 10)) * [1, 1, 1, 1, 0.2, 0.2, 0.2, 0.2, 1, 1] + off).astype(np.float32)


def settled(kind: str, private: bool = False) -> Found:
    match kind:
        case "anomalies":
            anomalies = Anomalies(LAYOUT, alarms=0.05)
            kept = anomalies.fit(features(600, 0), np.random.default_rng(0), private)
            anomalies.names = [f"row {row}" for row in kept]
            anomalies.rank(features(200, 1))
            anomalies.calibrate(features(200, 2))
            return anomalies
    raise NotImplementedError(f"Say here how '{kind}' is settled: then its contract is tested.")


def told(found: Found, x: Array) -> list[Any]:
    """Everything of every answer."""
    return list(found.answer(x, Rows(x)))


@each_kind
def test_what_is_settled_restores(kind: str) -> None:
    found, x = settled(kind), features(50, 3, off=0.5)
    state = json.loads(json.dumps(found.state(), allow_nan=False))
    back = kinds.find("found", kind).restore(state, {name: each.copy() for name, each in found.arrays().items()})
    assert found.kind == kind
    assert told(back, x) == told(found, x)
    assert back.state() == found.state()


@each_kind
def test_a_row_is_answered_alone_and_in_any_order(kind: str) -> None:
    found, x = settled(kind), features(60, 3, off=0.4)
    order = np.random.default_rng(0).permutation(len(x))
    answers, turned = told(found, x), told(found, x[order])
    for place, row in enumerate(order):
        assert turned[place].value == answers[row].value
        assert turned[place].nearest == answers[row].nearest
        assert turned[place].reasons == answers[row].reasons
        alone = told(found, x[row : row + 1])[0]
        assert alone.value == answers[row].value
        assert alone.score == pytest.approx(answers[row].score, rel=1e-4)


@each_kind
def test_no_row_has_no_answer(kind: str) -> None:
    assert told(settled(kind), features(0, 3)) == []


@each_kind
def test_what_is_private_keeps_no_example(kind: str) -> None:
    whole = features(600, 0)[:, :4]
    kept, open_one = settled(kind, private=True), settled(kind)

    def examples(found: Found) -> int:
        """How many of the rows that taught lie in the arrays."""
        rows = [row for each in found.arrays().values() if each.ndim == 2 and each.shape[1] == 4 for row in each]
        center = found.arrays()["center"]
        near = [np.abs(whole - center - row).max(1).min() for row in rows]
        return int((np.array(near) < 1e-6).sum())

    assert examples(open_one) > 100  # the control
    assert examples(kept) == 0
    assert not kept.answer(features(20, 3, off=9), Rows(features(20, 3))).nearest


# ------------------------------------------------------------------------------------------- anomalies


def test_false_alarms_come_as_often_as_was_said() -> None:
    """Over many calibrations the mean share of flagged normal rows is the one that was promised."""
    anomalies = Anomalies(LAYOUT, alarms=0.05)
    anomalies.fit(features(400, 0), np.random.default_rng(0))
    anomalies.rank(features(200, 1))
    odd = anomalies.oddness(features(10_000, 2))
    rng, shares = np.random.default_rng(0), []
    for _ in range(300):
        order = rng.permutation(len(odd))
        held = np.sort(odd[order[:99]])
        limit = held[int(np.ceil(100 * 0.95)) - 1]
        shares.append((odd[order[99:]] > limit).mean())
    assert np.mean(shares) == pytest.approx(0.05, abs=0.006)
    x = features(199, 5)
    anomalies.calibrate(x)
    assert anomalies.promised == pytest.approx(0.05)
    assert (anomalies.oddness(x) > anomalies.limit).sum() == 10 - 1  # of 200 with the new one, 10 at most


def test_too_few_rows_promise_what_they_can() -> None:
    anomalies = Anomalies(LAYOUT, alarms=0.01)
    anomalies.fit(features(60, 0), np.random.default_rng(0))
    anomalies.rank(features(20, 1))
    anomalies.calibrate(features(0, 2))
    assert not any(answer.unlike for answer in told(anomalies, features(20, 3, off=9)))  # nothing was promised
    anomalies.calibrate(features(19, 2))
    assert anomalies.promised == pytest.approx(0.05)


def test_what_is_odd_scores_higher_and_says_where() -> None:
    anomalies = settled("anomalies")
    usual, odd = features(100, 4), features(100, 5)
    odd[:, 2] += 8  # the column `town`
    ranks = [np.array([answer.score for answer in told(anomalies, x)]) for x in (usual, odd)]
    assert ranks[0].max() < ranks[1].min()
    for answer in told(anomalies, odd):
        assert answer.value == "yes"
        assert answer.reasons[0].startswith("town")
        assert len(answer.nearest) == 3


def test_a_known_row_is_not_its_own_neighbour() -> None:
    anomalies = settled("anomalies")
    x = features(600, 0)
    known, new = anomalies.measures(x), anomalies.measures(features(600, 6))
    np.testing.assert_allclose(np.median(known, 0), np.median(new, 0), rtol=0.1)
