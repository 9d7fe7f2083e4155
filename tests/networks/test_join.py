"""Several inputs joined: each with as much say as any other, however many features it has."""

from __future__ import annotations

import torch

from lamina.networks._join import Mix

WIDTHS = {"photo": 1_280, "words": 2}


def test_each_input_begins_with_as_much_say() -> None:
    torch.manual_seed(0)
    mix = Mix(WIDTHS)
    photo, words = (
        (torch.randn(2_000, width) * mix.scales[name] @ mix.weight[name]).std() for name, width in WIDTHS.items()
    )
    assert 0.5 < photo / words < 2


def test_a_narrow_input_is_learned_as_fast_as_a_wide_one() -> None:
    """Both tell the answer in their first feature; a step of Adam is as large for every weight."""
    torch.manual_seed(0)
    mix = Mix(WIDTHS)
    before = {name: weight.detach().clone() for name, weight in mix.weight.items()}
    wholes = {name: torch.randn(64, width).abs() for name, width in WIDTHS.items()}
    optimiser = torch.optim.Adam(mix.parameters(), 1e-3)
    (-mix(wholes).sum()).backward()
    optimiser.step()
    moved = {name: ((mix.weight[name] - before[name]).T * mix.scales[name] @ wholes[name].T).mean() for name in WIDTHS}
    assert 0.5 < moved["photo"] / moved["words"] < 2


def test_copies_of_each_input_are_joined_copy_by_copy() -> None:
    torch.manual_seed(0)
    mix = Mix(WIDTHS)
    wholes = {name: torch.randn(5, 3, width) for name, width in WIDTHS.items()}
    each = [mix({name: whole[:, copy] for name, whole in wholes.items()}) for copy in range(3)]
    torch.testing.assert_close(mix(wholes), torch.stack(each, 1))
