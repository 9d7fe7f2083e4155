"""What frozen features are standardised by."""

import torch

from lamina.networks._standard import standard


def test_the_spread_of_a_feature_is_believed_as_far_as_there_are_rows() -> None:
    torch.manual_seed(0)
    spreads = torch.tensor([0.5, 2.0])
    few, many = (standard(torch.randn(rows, 2) * spreads)[1] for rows in (5, 20_000))
    assert few[1] / few[0] < 1.5, "five rows tell little of a single feature"
    assert torch.allclose(many, spreads, rtol=0.03)


def test_of_no_row_and_of_equal_rows_there_is_something_to_divide_by() -> None:
    for rows in (torch.zeros(0, 3), torch.ones(4, 3)):
        center, scale = standard(rows)
        assert center.shape == scale.shape == (3,)
        assert (scale > 0).all()
