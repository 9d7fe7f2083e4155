"""The words that speak for an answer are those that decide it."""

from __future__ import annotations

import lamina
import worlds


def test_the_words_that_decide_are_named() -> None:
    world = worlds.letters(400, 1)
    results = lamina.learn(world, "label", steps=120, folds=0).card.results
    assert [each["label"] for each in results["words"]] == ["blame", "praise"]
    for each in results["words"]:
        assert {word["word"] for word in each["words"][:2]} <= {"so", "not", "good", "bad"}
        assert all(word["texts"] >= 3 and word["by"] > 0 for word in each["words"])


def test_a_private_report_names_no_word() -> None:
    assert lamina.learn(worlds.letters(200, 1), "label", steps=5, folds=0, private=True).card.results["words"] == []
