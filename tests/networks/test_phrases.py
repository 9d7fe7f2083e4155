"""A bag, of counted and of fitted words, and filters: an ensemble of all three in one network."""

from __future__ import annotations

import numpy as np
import torch

from lamina.core import Coded
from lamina.inputs.text import Text
from lamina.networks._layered import Counts
from lamina.networks.phrases import Phrases


def counted(drop: float = 0.5) -> tuple[Phrases, Text, torch.Tensor, torch.Tensor]:
    """Of two classes that one word tells apart, before any learning."""
    said = ("walking is good", "a good day", "it was awful", "an awful walk") * 5
    text = Text()
    text.observe(Coded(np.arange(len(said)), said))
    text.settle()
    rows = text.encode(Coded(np.arange(len(said)), said))
    assert rows.lengths is not None
    assert text.spelling is not None
    values, lengths = torch.from_numpy(rows.values), torch.from_numpy(rows.lengths)
    torch.manual_seed(0)
    network = Phrases(text.form, width=2, copies=6, pairs=64, letters=512, embedded=16, filters=8, drop=drop)
    network.settle(values, torch.Generator(), lengths)
    target = torch.nn.functional.one_hot(torch.tensor([0, 0, 1, 1] * 5)).float()
    assert text.ends is not None
    spelt, ends = torch.from_numpy(text.spelling), torch.from_numpy(text.ends)
    network.count(values, lengths, Counts(target, torch.ones(20), None, spelt, ends))
    return network, text, values, lengths


def test_a_third_of_its_copies_count_and_a_third_are_fitted_before_anything_learns() -> None:
    network, _, values, lengths = counted()
    whole = network.eval()(values, lengths).whole
    assert whole.shape == (20, 6, 2)
    assert torch.equal(whole[:, :2], network.counted(values, lengths))
    assert (whole[:, :4].argmax(2) == torch.tensor([0, 0, 1, 1] * 5)[:, None]).all()


def test_no_copy_has_a_say_in_what_another_learns() -> None:
    network, _, values, lengths = counted()
    network.train()(values, lengths).whole[:, 4].square().sum().backward()  # the first of the filters
    assert network.words.weight.grad is not None
    own, other = network.words.weight.grad.split(16, 1)
    assert own.abs().sum() > 0
    assert other.abs().sum() == 0
    for each in network.filters.values():
        grad = each.weight.grad
        assert isinstance(grad, torch.Tensor)
        assert grad[:8].abs().sum() > 0
        assert grad[8:].abs().sum() == 0
    assert all(each.grad is None or each.grad.abs().sum() == 0 for each in network.counted.parameters())


def test_learning_and_answering_give_the_same() -> None:
    """To answer, words and their pieces are summed beforehand."""
    network, _, values, lengths = counted(drop=0.0)
    network.counted.hide = 0.0
    answered = network.eval()(values, lengths).whole
    assert torch.allclose(network.train()(values, lengths).whole, answered, atol=1e-5)
    with torch.no_grad():
        network.pieces.weight.mul_(2.0)
    assert not torch.allclose(network.eval()(values, lengths).whole, answered, atol=1e-4)


def test_words_that_are_spelt_alike_have_vectors_that_are_alike() -> None:
    network, text, _, _ = counted()
    with torch.no_grad():
        network.words.weight.zero_()
    network.eval()
    one, like, unlike = (network.said[text.codes[word]] for word in ("walk", "walking", "good"))
    near, far = (torch.cosine_similarity(one, each, dim=0) for each in (like, unlike))
    assert near > far + 0.2
