"""A given number of groups cut out of the graph of near rows: told by a linear rule, or not at all."""

from __future__ import annotations

import numpy as np

from lamina.core import Array, Layout
from lamina.found.clusters import NONE, Clusters
from lamina.learning import find_clusters
from lamina.learning.plan import Plan
from lamina.learning.seen import Seen
from lamina.learning.spectral import partition, rule


def long(rows: int, seed: int, width: int = 4) -> tuple[Array, Array]:
    """Three groups far longer than they lie apart: means and distances do not part them, ties do."""
    rng = np.random.default_rng(seed)
    group = np.arange(rows) % 3
    x = rng.normal(0, 0.3, (rows, width))
    x[:, 0] += 2 * group
    x[:, 1] = rng.uniform(0, 4, rows)
    return x, group


def same(found: Array, truth: Array) -> float:
    """The share of pairs that both put together, or both apart."""
    return float(((found[:, None] == found) == (truth[:, None] == truth)).mean())


def test_groups_are_parted_where_the_graph_is_thin_and_told_for_new_rows() -> None:
    x, group = long(900, 0)
    found = rule(x, 3, np.random.default_rng(0))
    assert found is not None
    assert same(found(x), group) == 1
    new, truth = long(90, 1)
    assert same(found(new), truth) == 1
    again = rule(x, 3, np.random.default_rng(0))
    assert again is not None
    np.testing.assert_array_equal(again.axes, found.axes)


def test_what_no_line_tells_has_no_rule() -> None:
    rng = np.random.default_rng(0)
    group = np.arange(900) % 2
    angle, radius = rng.uniform(0, 2 * np.pi, 900), 1.0 + 4 * group
    angle[:10], radius[:10] = 0.0, np.linspace(1, 5, 10)  # a thin bridge
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1) + rng.normal(0, 0.1, (900, 2))
    cut = partition(x, 2, np.random.default_rng(0))
    assert cut is not None
    assert same(cut[10:], group[10:]) > 0.85, "a ring around another"
    assert rule(x, 2, np.random.default_rng(0)) is None


def test_few_rows_and_a_graph_in_pieces_have_no_rule() -> None:
    x, _ = long(900, 0)
    assert rule(x[:100], 3, np.random.default_rng(0)) is None
    x[:20] += 1_000.0  # tied to nothing else
    assert rule(x, 3, np.random.default_rng(0)) is None


def test_clusters_lie_on_the_axes_of_the_rule_and_are_kept_so() -> None:
    x, group = long(900, 0)
    layout = Layout((("values", 4), ("map", 2)), (("a", ""),) * 4)
    features = np.concatenate([x, np.zeros((900, 2))], 1).astype(np.float32)  # nothing can be told from the map

    class Rows(Seen):
        train = features  # type: ignore[assignment]

    found = find_clusters.settle(
        Rows(None, layout, np.arange(900), features),  # type: ignore[arg-type]
        Plan(find="clusters", clusters=3),
    )
    kept = Clusters.restore(found.state(), found.arrays())
    for each in (found, kept):
        shares, outside = each.shares(features)
        assert same(shares.argmax(1), group) == 1
        assert outside.mean() < 0.02
    far = features[:1] + np.float32(50)
    answers = kept.answer(far, None)  # type: ignore[arg-type]
    assert answers.values[0] == NONE
