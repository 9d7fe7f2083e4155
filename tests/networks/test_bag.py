"""A bag of words and pairs of words."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import one_hot

from lamina.core import Coded, Form
from lamina.inputs.text import Text
from lamina.networks._layered import Counts
from lamina.networks.bag import Bag


def test_a_word_that_stands_in_no_text_to_learn_from_says_nothing() -> None:
    bag = Bag(Form("tokens", (2,), sizes=(6,))).eval()
    texts = torch.tensor([[1, 2], [2, 3], [1, 3]], dtype=torch.int32)
    lengths = torch.full((3,), 2)
    bag.settle(texts, torch.Generator(), lengths)
    met, unmet = (bag(torch.tensor([[word]]), torch.tensor([1])).whole for word in (1, 5))
    assert met.abs().sum() > 0
    assert unmet.abs().sum() == 0


def counted(copies: torch.Tensor | None = None) -> tuple[Bag, Text]:
    """Of two classes that one word tells apart, before any learning."""
    said = ("walking is good", "a good day", "it was awful", "an awful walk") * 5
    text = Text()
    text.observe(Coded(np.arange(len(said)), said))
    text.settle()
    rows = text.encode(Coded(np.arange(len(said)), said))
    assert rows.lengths is not None
    values, lengths = torch.from_numpy(rows.values), torch.from_numpy(rows.lengths)
    torch.manual_seed(0)
    bag = Bag(text.form, width=2, copies=2, pairs=64, letters=512).eval()
    bag.settle(values, torch.Generator(), lengths)
    target = one_hot(torch.tensor([0, 0, 1, 1] * 5)).float()
    assert text.spelling is not None
    bag.count(values, lengths, Counts(target, torch.ones(20), copies, torch.from_numpy(text.spelling)))
    return bag, text


def asked(bag: Bag, text: Text, said: str) -> torch.Tensor:
    rows = text.encode(Coded(np.zeros(1, int), (said,)))
    assert rows.lengths is not None
    return bag(torch.from_numpy(rows.values), torch.from_numpy(rows.lengths)).whole[0]


def test_it_begins_with_what_counting_says_of_the_target() -> None:
    bag, text = counted()
    for word, more in (("good", 0), ("awful", 1)):
        found = asked(bag, text, word)
        assert (found[:, more] > found[:, 1 - more] + 0.5).all()


def test_a_copy_counts_no_row_that_it_is_kept_from() -> None:
    """The first copy never learns that anything was awful."""
    copies = torch.tensor([[True, True], [True, True], [False, True], [False, True]]).repeat(5, 1)
    bag, text = counted(copies)
    first, second = asked(bag, text, "awful")
    assert first.abs().max() < 1e-6
    assert second[1] > 0.5


def test_learning_and_answering_sum_alike() -> None:
    """To answer, words and their pieces are summed beforehand."""
    bag, text = counted()
    bag.hide = 0.0
    answered = asked(bag, text, "a good walk")
    assert torch.allclose(asked(bag.train(), text, "a good walk"), answered, atol=1e-5)
    with torch.no_grad():
        bag.letters.weight.mul_(2.0)
    assert not torch.allclose(asked(bag.eval(), text, "a good walk"), answered, atol=1e-3)


def test_more_answers_than_it_is_wide_are_mixed() -> None:
    target = one_hot(torch.arange(30) % 10).float()
    told, here = Counts(target, torch.ones(30)).told(3, 4)
    assert told.shape == (30, 12)
    assert here.shape == (30, 3)
    assert told.sum(0).abs().max() < 1e-4
