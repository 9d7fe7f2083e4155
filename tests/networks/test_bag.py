"""A bag of words and pairs of words."""

from __future__ import annotations

import torch

from lamina.core import Form
from lamina.networks.bag import Bag


def test_a_word_that_stands_in_no_text_to_learn_from_says_nothing() -> None:
    bag = Bag(Form("tokens", (2,), sizes=(6,))).eval()
    texts = torch.tensor([[1, 2], [2, 3], [1, 3]], dtype=torch.int32)
    lengths = torch.full((3,), 2)
    bag.settle(texts, torch.Generator(), lengths)
    met, unmet = (bag(torch.tensor([[word]]), torch.tensor([1])).whole for word in (1, 5))
    assert met.abs().sum() > 0
    assert unmet.abs().sum() == 0
