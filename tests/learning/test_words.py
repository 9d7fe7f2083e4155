"""TF-IDF beside a network: rows that say nothing neither stop it nor teach it."""

from __future__ import annotations

import numpy as np

from lamina.learning._lesson import Lesson
from lamina.learning._words import counted


def lesson(rows: int) -> tuple[Lesson, np.ndarray]:
    """Texts of one word, which is the class; the first half of the rows is empty."""
    target = np.arange(rows) % 2
    texts = np.zeros((rows, 3), np.int32)
    texts[rows // 2 :, 0] = 1 + target[rows // 2 :]
    every = np.arange(rows)
    return Lesson("category", target, np.ones(rows), 2, every, every), texts


def test_empty_texts_at_the_head_of_the_file_are_passed_over() -> None:
    made, texts = lesson(200)
    raw, count, _ = counted(made, texts, 20.0, np.random.default_rng(0))
    assert raw is not None
    assert count == 100
    assert (raw.argmax(1) == made.target)[100:].all()


def test_without_any_word_it_is_left_out_and_that_is_said() -> None:
    made, texts = lesson(200)
    raw, count, note = counted(made, np.zeros_like(texts), 20.0, np.random.default_rng(0))
    assert raw is None
    assert count == 0
    assert "no row to learn from has a word" in note
