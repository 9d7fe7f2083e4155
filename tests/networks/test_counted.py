"""What words, pairs of words and pieces of words are counted to say."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch.nn.functional import one_hot

from lamina.core import Coded
from lamina.inputs.text import Text
from lamina.networks._counted import Counted
from lamina.networks._layered import Counts


def test_a_word_that_stands_in_no_text_to_learn_from_says_nothing() -> None:
    bag = Counted(6, 64, 64, 1, 16).eval()
    texts = torch.tensor([[1, 2], [2, 3], [1, 3]], dtype=torch.int32)
    lengths = torch.full((3,), 2)
    bag.settle(texts, lengths)
    met, unmet = (bag(torch.tensor([[word]]), torch.tensor([1])) for word in (1, 5))
    assert met.abs().sum() > 0
    assert unmet.abs().sum() == 0


def settled(said: tuple[str, ...], copies: int) -> tuple[Counted, Text, torch.Tensor, torch.Tensor]:
    """A bag that has seen these texts, what they are encoded by, their codes and lengths."""
    text = Text()
    text.observe(Coded(np.arange(len(said)), said))
    text.settle()
    rows = text.encode(Coded(np.arange(len(said)), said))
    assert rows.lengths is not None
    values, lengths = torch.from_numpy(rows.values), torch.from_numpy(rows.lengths)
    torch.manual_seed(0)
    bag = Counted(text.form.sizes[0], 64, 512, copies, 2).eval()
    bag.settle(values, lengths)
    return bag, text, values, lengths


def counted(copies: torch.Tensor | None = None, times: int = 5) -> tuple[Counted, Text]:
    """Of two classes that one word tells apart, before any learning."""
    said = ("walking is good", "a good day", "it was awful", "an awful walk") * times
    bag, text, values, lengths = settled(said, copies=2)
    target = one_hot(torch.tensor([0, 0, 1, 1] * times)).float()
    assert text.spelling is not None
    bag.count(values, lengths, Counts(target, torch.ones(len(said)), copies, torch.from_numpy(text.spelling)))
    return bag, text


def asked(bag: Counted, text: Text, said: str) -> torch.Tensor:
    rows = text.encode(Coded(np.zeros(1, int), (said,)))
    assert rows.lengths is not None
    return bag(torch.from_numpy(rows.values), torch.from_numpy(rows.lengths))[0]


def test_it_begins_with_what_counting_says_of_the_target() -> None:
    bag, text = counted()
    for word, more in (("good", 0), ("awful", 1)):
        found = asked(bag, text, word)
        assert (found[:, more] > found[:, 1 - more] + 0.5).all()


def test_what_texts_without_a_label_have_everywhere_says_less() -> None:
    """Both words stand in the texts of the first class; one of them in most of the others, too."""
    said = (*["common rare", "something else"] * 2, *["common thing"] * 20)
    bag, text, values, lengths = settled(said, copies=1)
    known = torch.tensor([*[1.0] * 4, *[0.0] * 20])
    bag.count(values, lengths, Counts(one_hot(torch.tensor([0, 1, 0, *[1] * 21])).float(), known))
    common, rare = (asked(bag, text, word)[0, 0] for word in ("common", "rare"))
    assert rare > 1.5 * common > 0


def test_a_copy_counts_no_row_that_it_is_kept_from() -> None:
    """The first copy never learns that anything was awful."""
    copies = torch.tensor([[True, True], [True, True], [False, True], [False, True]]).repeat(5, 1)
    bag, text = counted(copies)
    first, second = asked(bag, text, "awful")
    assert first.abs().max() < 1e-6
    assert second[1] > 0.5


def test_counting_is_what_a_slow_count_gives() -> None:
    """Of each word, pair and copy: how far the texts with it lie from the mean of those that the copy learns from."""
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.integers(0, 9, (50, 7)).astype(np.int32))
    lengths = torch.from_numpy(rng.integers(1, 8, 50))
    copies = torch.from_numpy(rng.integers(0, 2, 50)[:, None] != np.arange(2))
    known = torch.from_numpy(rng.random(50) < 0.8).float()
    target = torch.from_numpy(rng.standard_normal((50, 3)).astype(np.float32))
    bag = Counted(9, 64, 64, 2, 3)
    bag.settle(x, lengths)
    sums, texts = bag._counted(x, lengths, Counts(target, known, copies))
    codes = bag.codes(x.long() * (torch.arange(7) < lengths[:, None]))
    for copy in range(2):
        taught = (known > 0) & copies[:, copy]
        apart = target - target[taught].mean(0)
        for code in range(1, len(sums)):
            holds = taught & (codes == code).any(1)
            assert texts[code, copy] == holds.sum()
            assert torch.allclose(sums[code, 3 * copy : 3 * copy + 3], apart[holds].sum(0), atol=1e-4)


def test_long_texts_are_counted_about_as_fast_as_they_are_answered() -> None:
    """Counting comes before the first step: of many long texts it must not eat the budget."""
    x = torch.from_numpy(np.random.default_rng(0).zipf(1.3, (1_000, 512)).clip(1, 4_999).astype(np.int32))
    lengths, target = torch.full((1_000,), 512), one_hot(torch.arange(1_000) % 4).float()
    bag = Counted(5_000, 16_384, 32_768, 5, 4).eval()
    bag.settle(x, lengths)
    counts = Counts(target, torch.ones(1_000), torch.arange(1_000)[:, None] % 5 != torch.arange(5))

    def seconds(what: Callable[[], object]) -> float:
        begun = time.process_time()
        what()
        return time.process_time() - begun

    with torch.no_grad():
        answering = min(
            seconds(lambda: [bag(x[k : k + 250], lengths[k : k + 250]) for k in range(0, 1_000, 250)]) for _ in range(3)
        )
        counting = min(seconds(lambda: bag._counted(x, lengths, counts)) for _ in range(3))
    assert counting < 3 * answering, (counting, answering)


def test_pieces_say_more_beside_words_where_texts_are_few() -> None:
    """A piece that stands in one word alone is counted as often as this one."""
    beside = []
    for times in (5, 500):
        bag, text = counted(times=times)
        code = text.codes["awful"]
        pieces = bag.spelt[code][bag.spelt[code] > 0].long()
        beside.append((bag.letters.says[pieces].abs().max(1).values / bag.words.says[code].abs().max()).median())
    assert beside[0] > 1.5 * beside[1]


def test_learning_and_answering_sum_alike() -> None:
    """To answer, words and their pieces are summed beforehand."""
    bag, text = counted()
    bag.hide = 0.0
    answered = asked(bag, text, "a good walk")
    assert torch.allclose(asked(bag.train(), text, "a good walk"), answered, atol=1e-5)
    with torch.no_grad():
        bag.letters.weight.mul_(2.0)
    assert not torch.allclose(asked(bag.eval(), text, "a good walk"), answered, atol=1e-3)


def test_the_first_word_says_more_than_it_does_elsewhere() -> None:
    """It makes a pair with the beginning."""
    x = torch.tensor([[1, 2], [1, 2], [2, 1], [2, 1]], dtype=torch.int32)
    lengths = torch.full((4,), 2)
    bag = Counted(3, 8, 8, 1, 2).eval()
    bag.settle(x, lengths)
    bag.count(x, lengths, Counts(one_hot(torch.tensor([0, 0, 1, 1])).float(), torch.ones(4)))
    alone = bag(torch.tensor([[1], [2]]), torch.tensor([1, 1]))[:, 0]
    assert alone[0, 0] > alone[0, 1] + 0.5  # a text that begins with the first word is of the first class
    assert alone[1, 1] > alone[1, 0] + 0.5


def test_more_answers_than_it_is_wide_are_mixed() -> None:
    target = one_hot(torch.arange(30) % 10).float()
    told, here = Counts(target, torch.ones(30)).told(3, 4)
    assert told.shape == (30, 4)
    assert here.shape == (30, 3)
