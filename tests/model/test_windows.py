"""Long recordings, part by part: what is written along time is joined, each word once and at the time of the whole."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lamina.core import Answers, Word
from lamina.model.windows import Windows


class Table:
    def __init__(self, sounds: list[Any]) -> None:
        self.sounds = np.empty(len(sounds), object)
        self.sounds[:] = sounds

    def __len__(self) -> int:
        return len(self.sounds)

    def values(self, column: str, rows: Any = None) -> Any:
        return self.sounds if rows is None else self.sounds[rows]


def word(text: str, start: float, end: float, confidence: float = 0.9) -> Word:
    return Word(text, confidence, start, end)


@pytest.fixture
def windows() -> Windows:
    """A recording of 10 s in three parts of 4 s, which share 1 s, and a short one."""
    owner, times = np.array([0, 0, 0, 1]), np.array([[0, 4], [3, 7], [6, 10], [np.nan, np.nan]])
    return Windows(Table(["long", "short"]), "sound", np.array([None] * 4, object), owner, times)


def test_each_word_is_said_once_at_its_time(windows: Windows) -> None:
    said = [
        (word("one", 1, 1.5), word("two", 3.1, 3.3), word("thr", 3.7, 4)),
        (word("wo", 0.1, 0.4), word("three", 0.7, 1.2), word("four", 3.1, 3.2)),
        (word("five", 1, 2),),
        (word("short", 0.2, 0.5),),
    ]
    texts = np.array([" ".join(each.text for each in words) for words in said], object)
    found = windows.joined(Answers(texts, np.full(4, 0.5), words=list(said)))
    assert found.values.tolist() == ["one two three four five", "short"]
    assert found.words is not None
    assert [(each.start, each.end) for each in found.words[0]] == [(1, 1.5), (3.1, 3.3), (3.7, 4.2), (6.1, 6.2), (7, 8)]
    assert found.confidence is not None
    assert found.confidence.tolist() == pytest.approx([0.9**5, 0.5])


def test_a_silent_part_says_nothing_and_silence_alone_gives_no_answer(windows: Windows) -> None:
    none: tuple[Word, ...] = ()
    texts = np.array(["one", None, "five", None], object)
    answers = Answers(texts, np.zeros(4), words=[(word("one", 1, 2),), none, (word("five", 1, 2),), none])
    assert windows.joined(answers).values.tolist() == ["one five", None]


def test_windows_that_are_to_be_joined_overlap() -> None:
    from lamina.inputs.sound import Sound

    sound = Sound()
    long = np.sin(np.arange(16_000 * 10) / 20).astype(np.float32)
    sound.observe(Table([long[: 16_000 * 4]]).sounds)
    sound.settle()
    intake: Any = SimpleNamespace(kinds={"sound": "sound"}, inputs={"sound": sound})
    apart, shared = (Windows.of(Table([long]), intake, overlap) for overlap in (0.0, 2.0))
    assert apart is not None
    assert shared is not None
    assert len(apart) == 3
    assert len(shared) == 4
    gaps = shared.times[:-1, 1] - shared.times[1:, 0]
    assert (gaps >= 0.99).all()  # a quarter of four seconds
    assert shared.times[0, 0] == 0
    assert shared.times[-1, 1] == pytest.approx(10, abs=0.02)
