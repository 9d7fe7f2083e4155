"""Sums of learned vectors, weighed by how rare what stands in a text is, that learn by plain gradient descent."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from lamina.core import Coded
from lamina.inputs.text import Text
from lamina.learning.schedule import optimisers
from lamina.networks._layered import Counts
from lamina.networks._sums import STEP, Sums
from lamina.networks.phrases import Phrases

SAID = ("how many dogs run", "how many cats ran", "who ran a mile", "who runs a mill", "many dogs") * 4


def settled() -> tuple[Phrases, Text, Tensor, Tensor]:
    """Before any learning; words [N, T] and their codes and those of pairs [N, 2T]."""
    text = Text()
    text.observe(Coded(torch.arange(len(SAID)).numpy(), SAID))
    text.settle()
    rows = text.encode(Coded(torch.arange(len(SAID)).numpy(), SAID))
    assert rows.lengths is not None
    assert text.spelling is not None
    assert text.ends is not None
    values, lengths = torch.from_numpy(rows.values), torch.from_numpy(rows.lengths)
    torch.manual_seed(0)
    network = Phrases(text.form, width=2, copies=3, pairs=64, letters=512, embedded=16, filters=8)
    network.settle(values, torch.Generator(), lengths)
    spelt, ends = torch.from_numpy(text.spelling), torch.from_numpy(text.ends)
    network.count(values, lengths, Counts(torch.zeros(len(SAID), 2), torch.ones(len(SAID)), None, spelt, ends))
    x = values.long() * (torch.arange(values.shape[1]) < lengths[:, None])
    return network, text, x, network.bag.codes(x)


def alone(sums: Sums, *names: str) -> None:
    """Let only these vectors say anything: 1."""
    with torch.no_grad():
        for name, weight in sums.named_parameters():
            weight.fill_(float(name in names))
    sums.write_up()


def test_words_and_pairs_count_by_how_rare_they_are_and_make_one_length() -> None:
    network, _, x, codes = settled()
    alone(network.sums, "weight")
    found = network.eval().sums(x, codes)
    counts = network.sums.rare[codes]
    assert (counts[codes == 0] == 0).all()
    expected = counts.sum(1) / counts.square().sum(1).sqrt()
    torch.testing.assert_close(found, expected[:, None, None].expand_as(found))
    rare, common = network.sums.rare[x[2, 3]], network.sums.rare[x[0, 1]]  # "mile" and "many"
    assert rare > common


def test_letters_that_run_over_are_those_of_words_that_are_only_alike() -> None:
    network, text, *_ = settled()
    codes = text.codes

    def over(one: str, other: str) -> Tensor:
        """Of one and four letters, two and three, three and two, four and one."""
        return network.sums._over(torch.tensor([[codes[one], codes[other]]]))[0, 4:]

    assert not (over("many", "dogs") == over("many", "cats")).any()
    assert (over("who", "runs") == over("who", "ran")).tolist() == [False, False, False, True]  # "who r"
    assert (over("who", "mile") == over("who", "mill")).tolist() == [False, True, True, True]  # "ho mil", "who mi"


def test_learning_and_answering_give_the_same_and_padding_changes_nothing() -> None:
    network, _, x, codes = settled()
    learning, answering = network.train().sums(x, codes), network.eval().sums(x, codes)
    torch.testing.assert_close(learning, answering)
    longer = torch.nn.functional.pad(x, (0, 3))
    torch.testing.assert_close(network.sums(longer, network.bag.codes(longer)), answering)


def test_its_vectors_go_straight_down_by_steps_for_as_many_as_learn() -> None:
    network, *_ = settled()
    _, straight = optimisers(network, replace(Phrases.recipe, rate=0.01))
    assert isinstance(straight, torch.optim.SGD)
    [group] = straight.param_groups
    assert group["peak"] == 0.01 * STEP * network.copies
    assert {id(each) for each in group["params"]} == {id(each) for each in network.sums.parameters()}


def test_words_that_are_not_known_by_their_letters_run_over_as_they_are() -> None:
    text = Text(private=True)
    text.observe(Coded(torch.arange(len(SAID)).numpy(), SAID))
    text.settle()
    rows = text.encode(Coded(torch.arange(len(SAID)).numpy(), SAID))
    values, lengths = torch.from_numpy(rows.values), torch.from_numpy(rows.lengths)  # type: ignore[arg-type]
    network = Phrases(text.form, width=2, copies=3, pairs=64, letters=512, embedded=16, filters=8)
    network.settle(values, torch.Generator(), lengths)
    x = values.long() * (torch.arange(values.shape[1]) < lengths[:, None])
    runs = network.sums._over(x).reshape(*x.shape, 4)
    assert (runs == runs[:, :, :1]).all()
    assert torch.equal(runs[:, :, 0] > 0, x > 0)
    assert network.eval().sums(x, network.bag.codes(x)).isfinite().all()
