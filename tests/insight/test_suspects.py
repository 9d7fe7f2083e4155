from __future__ import annotations

import numpy as np

from lamina.insight.suspects import suspects


def held_out(rng: np.random.Generator, rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Answers of a decent model: surer of easy rows; and the true classes."""
    truth = rng.integers(0, 3, rows)
    logits = rng.normal(0, 1, (rows, 3))
    logits[np.arange(rows), truth] += 5
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return shares, truth


def test_swapped_labels_are_found_first() -> None:
    rng = np.random.default_rng(0)
    shares, truth = held_out(rng)
    wrong = rng.choice(len(truth), 20, replace=False)
    given = truth.copy()
    given[wrong] = (truth[wrong] + 1) % 3
    found = suspects(shares, given, 20)
    assert len({each.row for each in found} & set(wrong.tolist())) >= 16
    assert all(each.given == given[each.row] and each.likely != each.given for each in found)
    assert all(each.confidence > each.doubt for each in found)
    margins = [each.confidence - each.doubt for each in found]
    assert margins == sorted(margins, reverse=True)


def test_right_labels_are_mostly_left_alone() -> None:
    shares, truth = held_out(np.random.default_rng(1))
    assert len(suspects(shares, truth, 600)) < 20


def test_a_class_without_rows_is_never_likely() -> None:
    shares = np.array([[0.1, 0.2, 0.7], [0.6, 0.1, 0.3], [0.2, 0.7, 0.1]])
    assert all(each.likely != 2 for each in suspects(shares, np.array([0, 0, 1])))
