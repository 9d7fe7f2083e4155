"""What everything promises that is found in features without labels."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from lamina import kinds
from lamina.core import Array, Found, Layout
from lamina.found._lists import Lists
from lamina.found.anomalies import Anomalies
from lamina.found.clusters import NONE, Clusters
from lamina.found.neighbours import Neighbours

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


def settled(kind: str, private: bool = False, lists: bool = False) -> Any:
    match kind:
        case "anomalies":
            anomalies = Anomalies(LAYOUT, alarms=0.05)
            kept = anomalies.fit(features(600, 0), np.random.default_rng(0), private)
            anomalies.names = [f"row {row}" for row in kept]
            anomalies.rank(features(200, 1))
            anomalies.calibrate(features(200, 2))
            return anomalies
        case "neighbours":
            neighbours = Neighbours(LAYOUT)
            rows = np.arange(600) * 2  # some rows could not be read
            neighbours.fit(features(600, 0), rows, np.random.default_rng(0), exact=0 if lists else 50_000)
            neighbours.name([] if private else [f"row {row}" for row in range(1200)])
            return neighbours
        case "clusters":
            clusters = Clusters(Layout((("values", 8), ("map", 2))), ("cluster 1", "cluster 2"))
            places = features(300, 0)[:, 8:].astype(np.float64)
            places[:100] += 8
            if lists:
                clusters.fit_points(places, np.repeat([1, 0], [100, 200]))
            else:
                clusters.fit_mixture(
                    places, np.array([[0.0, 0], [8, 8]]), np.tile(np.eye(2), (2, 1, 1)), np.array([2 / 3, 1 / 3])
                )
            return clusters
    raise NotImplementedError(f"Say here how '{kind}' is settled: then its contract is tested.")


def told(found: Found, x: Array) -> list[Any]:
    """Everything of every answer."""
    return list(found.answer(x, Rows(x)))


@each_kind
def test_what_is_settled_restores(kind: str) -> None:
    found, x = settled(kind), features(50, 3, off=0.5)
    state = json.loads(json.dumps(found.state(), allow_nan=False))
    arrays = {name: each.copy() for name, each in (found.arrays() | found.large()).items()}
    back = kinds.find("found", kind).restore(state, arrays)
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
        for one, other in ((alone.score, answers[row].score), (alone.confidence, answers[row].confidence)):
            assert one == (None if other is None else pytest.approx(other, rel=1e-4))


@each_kind
def test_no_row_has_no_answer(kind: str) -> None:
    assert told(settled(kind), features(0, 3)) == []


@pytest.mark.parametrize("kind", ["anomalies"])  # an index is refused
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


def test_how_spread_a_row_is_takes_account_of_what_goes_together() -> None:
    found, x = settled("anomalies"), features(20, 3)
    memory = found.memory.astype(np.float64)
    seen = (x[:, :4] - found.center) / found.scale
    apart = np.linalg.inv(memory.T @ memory / len(memory) + 0.01 * np.eye(4))  # Mahalanobis (1936)
    lengths = np.sqrt(np.einsum("nf,fg,ng->n", seen, apart, seen))
    assert np.allclose(found.measures(x)[:, found.which.index("spread")], lengths, rtol=1e-4)


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


# ------------------------------------------------------------------------------------------ neighbours


def brute(x: Array, queries: Array, count: int) -> Array:
    away = np.linalg.norm(queries[:, None].astype(np.float64) - x[None], axis=2)
    found: Array = np.argsort(away, axis=1, kind="stable")[:, :count]
    return found


def test_up_to_a_size_the_nearest_are_exact() -> None:
    x, queries = features(500, 0)[:, :4], features(30, 1)[:, :4]
    lists, order = Lists.build(x, np.random.default_rng(0))
    assert order.tolist() == list(range(500))
    found, distances = lists.search(queries, 7)
    np.testing.assert_array_equal(found, brute(x, queries, 7))
    np.testing.assert_allclose(distances[0], np.linalg.norm(x[found[0]] - queries[0], axis=1), rtol=1e-3, atol=1e-3)


def test_beyond_it_lists_find_nearly_all_of_them() -> None:
    x, queries = features(4000, 0)[:, :4], features(50, 1)[:, :4]
    lists, order = Lists.build(x, np.random.default_rng(0), exact=100)
    lists.hold(x[order])
    assert len(lists.middles) > 50
    assert lists.starts[-1] == 4000
    exact = brute(x, queries, 10)
    found, _ = lists.search(queries, 10)
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found.tolist(), exact.tolist(), strict=True)]) > 0.95
    every, _ = lists.search(queries, 10, probed=len(lists.middles))
    np.testing.assert_array_equal(np.sort(every, 1), np.sort(exact, 1))  # all lists: exact again


def test_lists_are_looked_into_until_there_are_as_many_as_were_asked_for() -> None:
    x = features(3_000, 0)
    neighbours = Neighbours(LAYOUT)
    neighbours.fit(x, np.arange(3_000), np.random.default_rng(0), exact=0)
    [found] = neighbours.search(x[:1], 2_500)
    assert len({each.row for each in found}) == 2_500
    assert found[0].row == 0
    assert found[0].distance == 0.0


def test_fewer_examples_than_were_asked_for() -> None:
    lists, _ = Lists.build(features(3, 0), np.random.default_rng(0))
    found, distances = lists.search(features(2, 1), 5)
    assert (found[:, 3:] == -1).all()
    assert np.isinf(distances[:, 3:]).all()
    assert sorted(found[0, :3].tolist()) == [0, 1, 2]


@pytest.mark.parametrize("lists", [False, True])
def test_an_example_finds_itself_and_is_called_by_its_row(lists: bool) -> None:
    found = settled("neighbours", lists=lists)
    for place, alike in enumerate(found.search(features(600, 0)[:20], 3)):
        assert alike[0].row == 2 * place
        assert alike[0].name == f"row {2 * place}"
        assert alike[0].distance < 1e-2
        assert alike[0].distance <= alike[1].distance <= alike[2].distance


@pytest.mark.parametrize("exact", [0, 50_000])
def test_duplicates_and_near_duplicates_are_listed(exact: int) -> None:
    x = features(300, 0)
    x[100], x[200], x[250] = x[50], x[50], x[20] + 1e-3
    found = Neighbours(LAYOUT)
    found.fit(x, np.arange(300), np.random.default_rng(0), exact)
    pairs = found.duplicates()
    rows = [(one, other) for one, other, _ in pairs]
    assert {(50, 100), (50, 200), (100, 200)} <= set(rows)
    assert (20, 250) in rows
    same = [pair for *pair, distance in pairs if distance <= found.same]
    assert [20, 250] not in same
    assert len(same) == 3


def test_what_is_like_nothing_known_is_said() -> None:
    near, far = told(settled("neighbours"), features(1, 3)), told(settled("neighbours"), features(1, 3, off=20))
    assert not near[0].unlike
    assert far[0].unlike
    assert far[0].reasons == ("no known example is near",)
    assert len(near[0].nearest) == 5


# -------------------------------------------------------------------------------------------- clusters


@pytest.mark.parametrize("points", [False, True])
def test_a_new_example_gets_the_cluster_it_lies_in(points: bool) -> None:
    clusters = settled("clusters", lists=points)
    x = features(40, 7)
    x[20:, 8:] += 8
    x[39, 8:] = 100
    answers = clusters.answer(x, Rows(x))
    assert answers.values[:20].tolist().count("cluster 1") >= 18
    assert answers.values[20:39].tolist().count("cluster 2") >= 17
    assert answers.values[39] == NONE
    assert answers[39].unlike
    assert answers[39].reasons == ("lies apart from all clusters",)
    np.testing.assert_allclose(answers.shares.sum(1), 1, rtol=1e-6)
    assert answers[0].confidence > 0.9
    assert answers[0].alternatives[0][0] == "cluster 1"
