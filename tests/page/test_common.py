"""What some examples share, in words."""

from __future__ import annotations

import numpy as np

from lamina.examples import Reading, read
from lamina.page.common import MOST, Common


def test_what_all_have_is_not_told() -> None:
    rng = np.random.default_rng(0)
    seen = read({"x": rng.standard_normal(90), "town": ["Bonn"] * 45 + ["Cork"] * 45, "race": ["horse"] * 90})
    common = Common(seen, list(seen.kinds))
    assert common.of(np.arange(45, 54)) == ["town: Cork"]
    assert common.of(np.arange(40, 50)) == []
    assert common.of(np.arange(2)) == [], "two examples always share something"


def test_a_number_far_from_the_usual_is_told_with_its_range() -> None:
    gain = np.array([0.0] * 90 + [np.nan] * 2 + [14_084.0] * 4 + [99_999.0] * 4)
    common = Common(read({"gain": gain, "y": np.arange(100.0)}), ["gain"])
    assert common.of(np.arange(92, 100)) == ["gain 14,080 to 100,000 (usually 0)"]
    assert common.of(np.arange(90, 93)) == [], "most of them are not known"


def test_words_of_texts_and_at_most_three_things() -> None:
    texts = [f"plain words number {k}" for k in range(60)] + [f"oh! a truly dreadful, dull film {k}" for k in range(9)]
    common = Common(read({"text": texts, "label": ["a"] * 60 + ["b"] * 9}, Reading(kind={"text": "text"})), ["text"])
    found = common.of(np.arange(60, 69))
    assert len(found) == MOST
    assert set(found) <= {"“oh”", "“a”", "“truly”", "“dreadful”", "“dull”", "“film”"}
