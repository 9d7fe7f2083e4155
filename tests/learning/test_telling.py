"""The words that speak for an answer are those that decide it."""

from __future__ import annotations

import numpy as np

import lamina
import worlds


def mail(rows: int) -> worlds.World:
    """Texts that one word tells apart, among many that say nothing."""
    rng = np.random.default_rng(0)
    spam = rng.random(rows) < 0.5
    text = [" ".join([*(f"w{k}" for k in rng.integers(0, 99, 6)), "prize" if each else "lunch"]) for each in spam]
    return {"mail": text, "label": np.where(spam, "spam", "ham")}


def test_the_words_that_decide_are_named() -> None:
    results = lamina.learn(mail(400), "label", steps=100, folds=0).card.results
    assert {each["label"]: each["words"][0]["word"] for each in results["words"]} == {"ham": "lunch", "spam": "prize"}
    assert all(word["texts"] >= 3 and word["by"] > 0 for each in results["words"] for word in each["words"])


def test_a_private_report_names_no_word() -> None:
    results = lamina.learn(mail(200), "label", steps=5, folds=0, private=True).card.results
    assert results["words"] == []
