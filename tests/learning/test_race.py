"""Several networks are tried for one input on the same validation rows, and the better one is kept."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import worlds
from lamina.core import Recipe
from lamina.examples import read
from lamina.learning import race
from lamina.learning.budget import Budget
from lamina.learning.choose import RACERS, Choice, choose
from lamina.learning.plan import Plan
from lamina.learning.prepare import Prepared, prepare
from lamina.learning.trial import Lesson, Trial


def prepared(plan: Plan) -> Prepared:
    return prepare(read(worlds.letters(200, 1), target=plan.target), plan)


def chosen(plan: Plan, seconds: float | None) -> Choice:
    return worlds.ended(choose(prepared(plan), plan, Budget(time.monotonic(), seconds), torch.device("cpu")))


@pytest.mark.parametrize(
    ("value", "metric", "is_near"), [(0.88, "accuracy", True), (0.8, "accuracy", False), (0.8, "auc", True)]
)
def test_what_lies_within_two_standard_errors_may_be_as_good(value: float, metric: str, is_near: bool) -> None:
    best, other = race.Tried("bag", -0.3, 0.9, 1.0), race.Tried("text_cnn", -0.4, value, 1.0)
    assert race.near([best, other], best, metric, 1_000) == ["bag", *(["text_cnn"] if is_near else [])]


def test_every_candidate_is_tried_and_the_best_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "UNHURRIED", 0.3)
    choice = chosen(Plan(target=("label",), folds=0), None)
    assert [each["name"] for each in choice.tried] == list(RACERS["tokens"])
    best = max(choice.tried, key=lambda each: each["score"])
    assert choice.said["letter"]["kind"] == best["name"]
    for each in choice.tried:
        assert f"{each['name']}" in choice.reasons[0]
        assert f"{each['value']:.3f}" in choice.reasons[0]


@pytest.mark.parametrize(
    ("plan", "seconds"),
    [
        (Plan(target=("label",), folds=0, steps=5), None),
        (Plan(target=("label",), folds=0, network="bag"), 600.0),
        (Plan(target=("label",), folds=0, minutes=0.4), 24.0),
    ],
    ids=["steps", "network", "short"],
)
def test_without_time_or_doubt_there_is_no_race(plan: Plan, seconds: float | None) -> None:
    choice = chosen(plan, seconds)
    assert choice.tried == []
    assert choice.said["letter"]["kind"] == "bag"


def test_what_the_time_is_far_too_short_for_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = {"rnn": 0.4, "text_cnn": 0.6}

    def epochs(lesson: Lesson, budget: Budget) -> float:
        return slow[next(iter(lesson.said.values()))["kind"]] * lesson.recipe.epochs

    monkeypatch.setattr(race, "epochs", epochs)
    choice = chosen(Plan(target=("label",), folds=0), 40.0)
    assert [each["name"] for each in choice.tried] == ["bag", "text_cnn"]
    assert choice.reasons[0].startswith("letter: rnn was not tried: the time is good for ")


def test_one_alone_is_beside_nothing() -> None:
    _, why = race.better("letter", [race.Tried("bag", -0.3, 0.9, 1.0)], "accuracy", 1200, "texts")
    assert why == "letter: bag, accuracy 0.900 on 1,200 validation texts after a short try."


def test_of_equals_the_usual_one_is_kept() -> None:
    tried = [race.Tried("bag", -0.3, 0.9, 1.0), race.Tried("rnn", -0.3, 0.9, 1.0)]
    best, why = race.better("letter", tried, "accuracy", 1200, "texts")
    assert best.name == "bag"
    assert why == "letter: bag, accuracy 0.900 on 1,200 validation texts after a short try; beside it: rnn 0.900."


@pytest.mark.parametrize(
    ("near", "share", "metric", "rows", "kept"),
    [
        (0.89, 0.4, "accuracy", 400, "rnn"),
        (0.88, 0.4, "accuracy", 400, "bag"),
        (0.89, 1.0, "accuracy", 400, "bag"),
        (0.89, 0.4, "auc", 400, "bag"),
        (0.89, 0.4, "accuracy", 100, "bag"),
    ],
    ids=["nearly as good and not done", "too far behind", "nearly as good but done", "no error known", "few rows"],
)
def test_one_that_is_not_done_has_more_to_gain(near: float, share: float, metric: str, rows: int, kept: str) -> None:
    """The standard error of 0.9 on 400 rows is 0.015."""
    tried = [race.Tried("bag", -0.3, 0.9, 1.0), race.Tried("rnn", -0.35, near, 1.0, share)]
    best, why = race.promising("letter", tried, metric, rows, "texts")
    assert best.name == kept
    assert why.startswith(f"letter: {kept}, {metric}")


def test_reading_that_took_long_leaves_no_time_for_a_race() -> None:
    plan = Plan(target=("label",), folds=0)
    assert race.seconds(Budget(time.monotonic() - 50, 60.0), 3) < 0.15 * 11
    running = choose(prepared(plan), plan, Budget(time.monotonic() - 50, 60.0), torch.device("cpu"))
    assert list(running) == []


def test_looks_that_take_long_are_few_and_at_some_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """At many long texts a look takes longer than all steps: it must not eat the time of those."""
    seen: list[tuple[str, int]] = []
    raw, monotonic, slept = Trial.raw, time.monotonic, 0.0

    def slow(self: Trial, rows: Any, outside: bool = False) -> Any:
        nonlocal slept
        slept += 10.0
        seen.append((next(iter(self.lesson.said.values()))["kind"], len(rows)))
        return raw(self, rows, outside)

    monkeypatch.setattr(race, "MOST", 8)
    monkeypatch.setattr(Trial, "raw", slow)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + slept)
    chosen(Plan(target=("label",), folds=0), 40.0)
    assert {rows for _, rows in seen} == {8}
    for kind in RACERS["tokens"]:
        assert sum(each == kind for each, _ in seen) <= 3  # to time it, and to judge


@given(st.lists(st.integers(0, 12), min_size=2, max_size=4), st.integers(12, race.JUDGES - 1))
def test_few_rows_say_nothing_against_the_first_that_is_near_the_best(right: list[int], rows: int) -> None:
    """Whichever is best of these few rows: an earlier, simpler one is kept if the difference could be chance."""
    tried = [race.Tried(f"n{place}", each / 12 - 1, each / 12, 1.0) for place, each in enumerate(right)]
    best, why = race.promising("letter", tried, "accuracy", rows, "texts")
    most = max(each.value for each in tried)
    assert best.value <= most
    assert most - best.value <= 1.5 / rows**0.5  # two standard errors of a half, and one row
    assert f"letter: {best.name}, accuracy {best.value:.3f}" in why
    again, _ = race.promising(
        "letter", [best, *(each for each in tried if each is not best)], "accuracy", rows, "texts"
    )
    assert again is best  # put first, it stays


@pytest.mark.parametrize(
    ("bag", "rows", "kept"),
    [(0.9, 10, "bag"), (0.7, 10, "rnn"), (0.99, 100, "bag"), (0.9, 100, "rnn"), (0.97, 1_000, "rnn")],
    ids=["one row of ten", "three of ten", "one of a hundred", "ten of a hundred", "thirty of a thousand"],
)
def test_a_few_rows_more_that_were_right_do_not_outdo_the_first(bag: float, rows: int, kept: str) -> None:
    tried = [race.Tried("bag", -0.3, bag, 1.0), race.Tried("rnn", -0.1, 1.0, 1.0)]
    best, why = race.promising("letter", tried, "accuracy", rows, "texts")
    assert best.name == kept
    assert ("cannot tell apart" in why) == (kept == "bag")


def test_copies_do_not_teach_each_other_s_rows_in_a_race() -> None:
    """Else a network of several copies would be judged on other rows than the rest."""
    plan = Plan(target=("label",), folds=0)
    ready = prepared(plan)
    lesson = Lesson(
        ready, {"letter": {"kind": "bag", "options": {}}}, Recipe(0.01, 32, 2, folds=5), 0, torch.device("cpu")
    )
    running = race.run(lesson, ready.folds[0], "bag", 0.2)
    seen: list[Trial] = []
    judge = Trial.judge
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trial, "judge", lambda self: (seen.append(self), judge(self))[1])
        list(running)
    assert seen
    assert all(set(trial.judged) <= set(ready.folds[0].validation) for trial in seen)
