"""Words of any script, what becomes of rare ones, and what a saved vocabulary tells."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lamina.core import Coded
from lamina.inputs.text import LIMIT, LONGEST, Text, split


def texts(*said: str) -> Coded:
    return Coded(np.arange(len(said), dtype=np.int32), said)


def settled(*said: str, private: bool = False) -> Text:
    text = Text(private)
    text.observe(texts(*said))
    text.settle()
    return text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Don't stop!", ["Don", "'t", "stop", "!"]),
        ("it’s café", ["it", "’s", "café"]),
        ("cafe\u0301", ["café"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("日本語", ["日", "本", "語"]),
        ("ครับ", ["ค", "รั", "บ"]),
        ("안녕 하세요", ["안녕", "하세요"]),
        ("２０２４", ["2024"]),
        ("👍 a_b 3.5€", ["👍", "a_b", "3", ".", "5", "€"]),
        (" \n\t", []),
    ],
)
def test_words_of_any_script(said: str, words: list[str]) -> None:
    assert split(said) == words


def test_a_word_falls_back_to_small_letters_then_to_its_digits_then_to_its_pieces() -> None:
    text = settled("the Dog ran, the dog sang in 1999", "we ran in 2001 and sang", "jumping", "running", "the END")
    row = text.encode(texts("THE dog RAN in 2024 singing zzz")).values[0]
    assert text.decode(row) == "the dog ran in 0000 …ing …"


def test_a_missing_and_an_empty_text_are_absent_and_keep_their_place() -> None:
    text = settled("one two", "one two three")
    found = text.encode(Coded(np.array([0, -1, 1], np.int32), ("two", " ")))
    assert found.present.tolist() == [True, False, False]
    assert found.lengths.tolist() == [1, 1, 1]
    assert found.values[1:].sum() == 0


def test_a_long_text_is_cut_and_a_large_vocabulary_too() -> None:
    text = settled(" ".join(f"w{k} w{k}" for k in range(LIMIT + 10)))
    assert text.form.shape == (LONGEST,)
    assert text.form.sizes == (LIMIT + 2,)
    assert text.encode(texts("w1 " * 2 * LONGEST)).lengths.tolist() == [LONGEST]


def test_a_text_of_unknown_words_is_unlike() -> None:
    text = settled(*[f"the cat sat on the mat number {k}" for k in range(50)])
    strange = text.unlike(texts("the cat sat on the mat", "der Hund lag auf dem Sofa", "cat zzz"))
    assert list(strange) == [1]
    assert "has 6 words of 6 that were never seen" in strange[1]


def test_a_private_vocabulary_tells_no_word_and_answers_alike() -> None:
    said = ("Zanzibar at noon", "Zanzibar by night", "noon and night")
    told, kept = settled(*said), settled(*said, private=True)
    assert "Zanzibar" in json.dumps(told.state())
    assert "anzibar" not in json.dumps(kept.state()).lower()
    new = texts("ZANZIBAR, noon", "night 12")
    np.testing.assert_array_equal(kept.encode(new).values > 1, told.encode(new).values > 1)
    assert kept.decode(kept.encode(new).values[0]) != "zanzibar noon"
