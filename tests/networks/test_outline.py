"""Series in stretches of their own length."""

from __future__ import annotations

import torch

from lamina.networks.outline import Stretches


def test_a_series_drawn_out_has_the_same_outline() -> None:
    short = torch.tensor([[[0.0], [1.0], [2.0], [5.0]]])
    long = short.repeat_interleave(3, 1)
    found = [Stretches(4)(x, torch.tensor([x.shape[1]])) for x in (short, long)]
    assert torch.allclose(found[0][:, :-1], found[1][:, :-1])
    assert [float(each[0, -1]) for each in found] == [4.0, 12.0]


def test_a_stretch_takes_its_share_of_a_step() -> None:
    x = torch.tensor([[[0.0], [6.0], [0.0]]])
    assert torch.allclose(Stretches(2)(x, torch.tensor([3])), torch.tensor([[2.0, 2.0, 3.0]]))


def test_what_is_missing_is_left_out_and_padding_is_not_seen() -> None:
    x = torch.tensor([[[1.0], [torch.nan], [torch.nan], [torch.nan], [9.0], [9.0]]])
    found = Stretches(2)(x, torch.tensor([4]))[0]
    assert found[0] == 1.0
    assert found[1].isnan()
    assert found[2] == 4.0
