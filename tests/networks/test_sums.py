"""Sums of what each word, pair, piece and run of letters says: ridge regression, solved for each copy from its rows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lamina.core import Coded
from lamina.inputs.text import Text
from lamina.networks._layered import Counts
from lamina.networks._ridge import RIDGE
from lamina.networks._sums import Sums
from lamina.networks.bag import Bag

SAID = ("how many dogs run", "how many cats ran", "who ran a mile", "who runs a mill", "many dogs") * 4
ASKS = torch.tensor([0, 0, 1, 1, 0] * 4)  # "how many" or "who"
COPIES = 3


def encoded(private: bool = False) -> tuple[Text, Tensor, Tensor]:
    """The vocabulary; words [N, T] and lengths."""
    text = Text(private=private)
    text.observe(Coded(np.arange(len(SAID)), SAID))
    text.settle()
    rows = text.encode(Coded(np.arange(len(SAID)), SAID))
    assert rows.lengths is not None
    return text, torch.from_numpy(rows.values), torch.from_numpy(rows.lengths)


def settled(target: Tensor | None = None, copies: Tensor | None = None) -> tuple[Bag, Text, Tensor, Tensor]:
    """Before any learning; words [N, T] and their codes and those of pairs [N, 2T]."""
    text, values, lengths = encoded()
    assert text.spelling is not None
    assert text.ends is not None
    torch.manual_seed(0)
    network = Bag(text.form, width=2, copies=2 * COPIES, pairs=64, letters=512)
    network.settle(values, torch.Generator(), lengths)
    target = torch.nn.functional.one_hot(ASKS).float() if target is None else target
    spelt, ends = torch.from_numpy(text.spelling), torch.from_numpy(text.ends)
    network.count(values, lengths, Counts(target, torch.ones(len(SAID)), copies, spelt, ends))
    x = values.long() * (torch.arange(values.shape[1]) < lengths[:, None])
    return network.eval(), text, x, network.counted.codes(x)


def features(sums: Sums, x: Tensor, codes: Tensor, spelling: Tensor) -> Tensor:
    """[N, F] what each text is told by, one number at a time, as in TF-IDF: independent of how it is solved."""
    parts = []
    words = torch.zeros(len(x), len(sums.words)).index_put_(
        (torch.arange(len(x))[:, None], codes), torch.ones(()), accumulate=True
    )
    parts.append(words * sums.square_words.sqrt())
    numbers = spelling[spelling > 0].unique()
    texts = [(x > 0).logical_and((spelling[x] == number).any(2)).sum(1) for number in numbers]
    stands = torch.stack([(spelling == number).any(1) for number in numbers], 1).float()  # [V, P]
    in_texts = stands.T @ torch.stack([(x == code).any(1).sum() for code in range(len(spelling))]).float()
    rare = torch.log((1 + len(x)) / (1 + in_texts.clamp_max(len(x)))) + 1
    runs = torch.zeros(len(x), len(sums.runs)).index_put_(
        (torch.arange(len(x))[:, None], sums._over(x)), torch.ones(()), accumulate=True
    )
    letters = torch.cat([torch.stack(texts, 1) * rare, runs * sums.square_runs.sqrt()], 1)
    # a text is as long as its words and runs are together, each counted by itself
    length = (sums.square_letters[x].sum(1) + sums.square_runs[sums._over(x)].sum(1)).sqrt()
    return torch.cat([torch.nn.functional.normalize(parts[0]), letters / length[:, None]], 1)


def test_it_is_the_ridge_regression_of_what_is_known_on_what_stands_in_texts() -> None:
    network, text, x, codes = settled()
    spelling = torch.from_numpy(text.spelling).long()
    known = features(network.fitted, x, codes, spelling).double()
    target = torch.nn.functional.one_hot(ASKS).double()
    gram = known @ known.T
    left = torch.linalg.solve(gram + RIDGE * torch.eye(len(known), dtype=torch.float64), target - target.mean(0))
    found = network.fitted(x, codes)
    torch.testing.assert_close(found[:, 0].double(), gram @ left, atol=2e-3, rtol=0)
    assert (found[:, 0].argmax(1) == ASKS).all()


def test_a_copy_knows_nothing_of_rows_that_it_is_kept_from() -> None:
    copies = torch.arange(len(SAID))[:, None] % COPIES != torch.arange(2 * COPIES) % COPIES
    target = torch.nn.functional.one_hot(ASKS).float()
    network, _, x, codes = settled(target, copies)
    before = network.fitted(x, codes)
    target[::COPIES] = 1 - target[::COPIES]  # rows that copy 0 is kept from
    network, *_ = settled(target, copies)
    after = network.fitted(x, codes)
    torch.testing.assert_close(after[:, 0], before[:, 0], atol=1e-4, rtol=0)
    assert (after[:, 1] - before[:, 1]).abs().max() > 0.01


def test_what_stands_in_few_texts_makes_them_longer() -> None:
    network, text, *_ = settled()
    square = network.fitted.square_words
    assert square[text.codes["mile"]] > square[text.codes["many"]] > 0
    assert square[0] == 0


def test_letters_that_run_over_are_those_of_words_that_are_only_alike() -> None:
    network, text, *_ = settled()
    codes = text.codes

    def over(one: str, other: str) -> Tensor:
        """Of one and four letters, two and three, three and two, four and one."""
        return network.fitted._over(torch.tensor([[codes[one], codes[other]]]))[0, 4:]

    assert not (over("many", "dogs") == over("many", "cats")).any()
    assert (over("who", "runs") == over("who", "ran")).tolist() == [False, False, False, True]  # "who r"
    assert (over("who", "mile") == over("who", "mill")).tolist() == [False, True, True, True]  # "ho mil", "who mi"


def test_padding_changes_nothing_and_no_text_says_nothing() -> None:
    network, _, x, codes = settled()
    longer = torch.nn.functional.pad(x, (0, 3))
    torch.testing.assert_close(network.fitted(longer, network.counted.codes(longer)), network.fitted(x, codes))
    nothing = torch.zeros_like(x[:1])
    assert (network.fitted(nothing, network.counted.codes(nothing)) == 0).all()


def test_where_nothing_is_known_of_any_row_it_says_nothing() -> None:
    text, values, lengths = encoded()
    network = Bag(text.form, width=2, copies=2, pairs=64, letters=512)
    network.settle(values, torch.Generator(), lengths)
    network.count(values, lengths, Counts(torch.zeros(len(SAID), 2), torch.zeros(len(SAID)), None, None, None))
    x = values.long()
    assert (network.eval().fitted(x, network.counted.codes(x)) == 0).all()


def test_words_that_are_not_known_by_their_letters_run_over_as_they_are() -> None:
    text, values, lengths = encoded(private=True)
    network = Bag(text.form, width=2, copies=2, pairs=64, letters=512)
    network.settle(values, torch.Generator(), lengths)
    x = values.long() * (torch.arange(values.shape[1]) < lengths[:, None])
    runs = network.fitted._over(x).reshape(*x.shape, 4)
    assert (runs == runs[:, :, :1]).all()
    assert torch.equal(runs[:, :, 0] > 0, x > 0)
    assert network.eval().fitted(x, network.counted.codes(x)).isfinite().all()
