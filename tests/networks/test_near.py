"""What is known of the rows nearest to one."""

from __future__ import annotations

import torch
from torch import Tensor

from lamina.core import Form
from lamina.learning.choose import spoken
from lamina.networks._layered import Counts
from lamina.networks._near import Near
from lamina.networks.outline import Outline

ROWS = torch.tensor([[0.0, 0.0], [0.1, 0.0], [9.0, 9.0], [9.1, 9.0]])
SAID = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])


def near(rows: Tensor = ROWS, said: Tensor = SAID, here: Tensor | None = None, units: int = 8) -> Near:
    found = Near(rows.shape[1], said.shape[1], 1 if here is None else here.shape[1], units)
    found.settle(rows, torch.Generator().manual_seed(0))
    found.learn(rows, said, torch.ones(len(rows), 1) if here is None else here)
    return found


def test_a_row_is_told_by_those_near_it() -> None:
    told = near().eval()(torch.tensor([[0.05, 0.0], [9.0, 9.1]]))[:, 0]
    assert (told.argmax(1) == torch.tensor([0, 1])).all()


def test_while_learning_no_row_is_told_by_itself() -> None:
    lonely = torch.tensor([[0.0, 0.0], [5.0, 5.0], [5.2, 5.0]])
    said = torch.eye(3)
    found = near(lonely, said)
    assert (found.eval()(lonely)[:, 0].argmax(1) == torch.arange(3)).all()
    told = found.train()(lonely)[:, 0]
    assert (told.argmax(1) != torch.arange(3)).all()
    assert told[1].argmax() == 2


def test_a_copy_knows_the_rows_that_it_learns_from_alone() -> None:
    here = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    told = near(here=here).eval()(ROWS)
    assert (told[:, 0].argmax(1) == 0).all()
    assert (told[:, 1].argmax(1) == 1).all()


def test_rows_that_are_all_the_same_or_alone_or_missing_are_finite() -> None:
    for rows in (torch.zeros(4, 2), ROWS[:1], torch.full((3, 2), torch.nan), ROWS[:0]):
        found = near(rows, SAID[: len(rows)])
        for mode in (True, False):
            assert found.train(mode)(ROWS).isfinite().all()


def test_of_more_rows_than_units_some_from_all_over_are_kept() -> None:
    found = near(units=2)
    assert found.here.sum() == 2
    assert (found.eval()(ROWS)[:, 0].argmax(1) == torch.tensor([0, 0, 1, 1])).all()


def test_private_keeps_no_outline() -> None:
    form = Form("sequence", (12, 2))
    said = spoken(form, {"kind": "outline", "options": {}}, None, 50, 3, private=True)
    network = Outline(form, **said["options"])
    values, lengths = torch.rand(50, 12, 2), torch.full((50,), 12)
    network.settle(values, torch.Generator().manual_seed(0), lengths)
    network.count(values, lengths, Counts(torch.rand(50, 3), torch.ones(50)))
    assert network.near is None
    assert all(50 not in each.shape for each in network.state_dict().values())
