"""Which rows make a batch: all of them in every pass, or, of the easy ones, some that count for the others."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lamina.learning.passes import FULL, Passes

ROWS = np.arange(100, 164)


def one_pass(passes: Passes, step: int, time: float = 0.5) -> tuple[list[int], torch.Tensor]:
    """Rows of a pass of 8 batches at most that begins with `step`, and what they count for."""
    rows, worth = [], []
    number = None
    while True:
        found, counts = passes.next(step, time)
        number = passes.number if number is None else number
        if passes.number != number:
            return rows, torch.cat(worth)
        rows += found.tolist()
        worth.append(torch.ones(len(found)) if counts is None else counts)
        passes.told(torch.where(found < 116, 2.0, 0.1))  # the first 16 are hard
        step += 1


def test_every_row_is_in_every_pass_in_another_order() -> None:
    passes = Passes(ROWS, 8, seed=1)
    first, _ = one_pass(passes, 0)
    second, _ = one_pass(passes, 8)
    assert sorted(first) == sorted(second) == ROWS.tolist()
    assert first != second
    assert first == one_pass(Passes(ROWS, 8, seed=1), 0)[0]
    assert first != one_pass(Passes(ROWS, 8, seed=2), 0)[0]


def test_a_step_asked_twice_gives_the_same_rows() -> None:
    passes = Passes(ROWS, 8, seed=0)
    for step in range(12):
        assert torch.equal(passes.next(step, 0.0)[0], passes.next(step, 0.0)[0])


def test_fewer_rows_than_a_batch_are_one_batch() -> None:
    passes = Passes(ROWS[:5], 8, seed=0, easy=0.5)
    for step in range(4):
        rows, _ = passes.next(step, 0.0)
        assert 0 < len(rows) <= 5
        passes.told(torch.rand(len(rows)))


def test_easy_rows_are_left_out_and_those_that_stay_count_for_them() -> None:
    """Over many passes every row counts for as much as without, and no hard row ever misses."""
    passes = Passes(ROWS, 4, seed=0, easy=0.5)
    first, counts = one_pass(passes, 0)
    assert sorted(first) == ROWS.tolist()
    assert bool((counts == 1).all())
    total, seen = np.zeros(64), 0
    for _ in range(300):
        before = passes.order  # of this pass: `one_pass` ends with the first batch of the next
        rows, counts = one_pass(passes, passes.start)
        np.add.at(total, np.array(rows) - 100, counts.numpy())
        seen += len(rows)
        assert set(range(100, 116)) <= set(passes.index[before].tolist())
    assert seen < 300 * 64 * 0.7
    np.testing.assert_allclose(total[16:].mean() / 300, 1.0, atol=0.05)
    np.testing.assert_allclose(total[:16].mean() / 300, 1.0, atol=0.05)


def test_at_the_end_all_rows_come_back() -> None:
    passes = Passes(ROWS, 8, seed=0, easy=0.5)
    one_pass(passes, 0)
    assert len(one_pass(passes, passes.start, FULL - 0.01)[0]) < 64
    passes.next(passes.start + 100, FULL)
    assert len(passes.order) == 64


@pytest.mark.parametrize("easy", [0.0, 0.5])
def test_it_goes_on_from_a_checkpoint(easy: float) -> None:
    whole, cut = Passes(ROWS, 8, seed=3, easy=easy), Passes(ROWS, 8, seed=3, easy=easy)

    def go(passes: Passes, steps: range) -> list[list[int]]:
        found = []
        for step in steps:
            rows, _ = passes.next(step, 0.1)
            passes.told(1 / (rows - 99.0))
            found.append(rows.tolist())
        return found

    expected = go(whole, range(30))
    begun = go(cut, range(13))
    tensors, numbers = cut.state()
    resumed = Passes(ROWS, 8, seed=3, easy=easy)
    resumed.restore({name: tensor.clone() for name, tensor in tensors.items()}, numbers)
    assert begun + go(resumed, range(13, 30)) == expected
