"""Laws of splitting: every row has one part, for ever; what belongs together stays together; time runs one way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamina.core import Array, Coded
from lamina.examples import Examples, Reading, place, read, split

TRAIN, VALIDATION, TEST = 0, 1, 2
SETTINGS = settings(max_examples=25, deadline=None)


def table(rows: int, seed: int, answer: str = "class", classes: int = 3) -> dict[str, Any]:
    """Rows that differ, with an answer of some kind."""
    rng = np.random.default_rng(seed)
    answers: dict[str, Any] = {
        "class": [f"class {k}" for k in rng.integers(0, classes, rows)],
        "number": np.round(rng.gamma(2, 50, rows), 3).tolist(),
        "none": None,
    }
    columns = {"x": np.round(rng.standard_normal(rows), 6).tolist(), "z": rng.integers(0, 5, rows).tolist()}
    return columns if answers[answer] is None else {**columns, "y": answers[answer]}


def joined(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    return {name: [*a[name], *b[name]] for name in a}


def keyed(examples: Examples, targets: tuple[str, ...], parts: Array) -> dict[int, int]:
    """Key to part; fails where one key has two."""
    found: dict[int, int] = {}
    for key, part in zip(examples.keys(targets).tolist(), parts.tolist(), strict=True):
        assert found.setdefault(key, part) == part
    return found


@SETTINGS
@given(rows=st.integers(2, 400), seed=st.integers(0, 99), answer=st.sampled_from(["class", "number", "none"]))
def test_every_row_has_one_part(rows: int, seed: int, answer: str) -> None:
    targets = () if answer == "none" else ("y",)
    examples = read(table(rows, seed, answer), Reading(kind={} if answer == "none" else {"y": _kind(answer)}))
    found = split(examples, targets, folds=0)
    assert len(found.parts) == rows
    assert set(found.parts.tolist()) <= {TRAIN, VALIDATION, TEST}
    assert (found.parts == TRAIN).any()
    if rows >= 100:
        shares = np.bincount(found.parts, minlength=3) / rows
        assert 0.05 < shares[VALIDATION] < 0.25
        assert 0.05 < shares[TEST] < 0.25


def _kind(answer: str) -> str:
    return "category" if answer == "class" else "number"


@SETTINGS
@given(
    rows=st.integers(20, 300),
    more=st.integers(1, 300),
    seed=st.integers(0, 99),
    answer=st.sampled_from(["class", "number", "none"]),
)
def test_a_part_survives_added_rows(rows: int, more: int, seed: int, answer: str) -> None:
    """Under thresholds that were kept, what was held out stays held out, whatever comes before, after or between."""
    targets = () if answer == "none" else ("y",)
    reading = Reading(kind={} if answer == "none" else {"y": _kind(answer)})
    old, new = table(rows, seed, answer), table(more, 1000 + seed, answer)
    before = read(old, reading)
    found = split(before, targets, folds=0)
    kept = keyed(before, targets, found.parts)
    both = joined(new, old)
    order = np.random.default_rng(seed).permutation(rows + more)
    after = read({name: [cells[k] for k in order] for name, cells in both.items()}, reading)
    placed = place(found.thresholds, after.keys(targets), after.values("y") if targets else None)
    seen = dict(zip(after.keys(targets).tolist(), placed.tolist(), strict=True))
    assert {key: seen[key] for key in kept} == kept


@SETTINGS
@given(rows=st.integers(20, 200), seed=st.integers(0, 99))
def test_order_and_extra_columns_of_names_change_nothing(rows: int, seed: int) -> None:
    columns = table(rows, seed)
    order = np.random.default_rng(seed).permutation(rows)
    mixed = {name: [cells[k] for k in order] for name, cells in reversed(columns.items())}
    one, other = (read(each, target="y") for each in (columns, mixed))
    np.testing.assert_array_equal(split(one, ("y",)).parts[order], split(other, ("y",)).parts)
    one_folds, other_folds = split(one, ("y",)).folds, split(other, ("y",)).folds
    assert one_folds is not None
    assert other_folds is not None
    np.testing.assert_array_equal(one_folds[order], other_folds)


@SETTINGS
@given(rows=st.integers(8, 300), seed=st.integers(0, 99), classes=st.integers(2, 8))
def test_every_class_teaches(rows: int, seed: int, classes: int) -> None:
    columns = table(rows, seed, classes=classes)
    columns["y"][:classes] = [f"class {k}" for k in range(classes)]  # some only once
    examples = read(columns, Reading(kind={"y": "category"}))
    found = split(examples, ("y",), folds=0)
    taught = {columns["y"][row] for row in np.flatnonzero(found.parts == TRAIN)}
    assert taught == set(columns["y"])


@SETTINGS
@given(seed=st.integers(0, 99), rare=st.integers(40, 200))
def test_shares_hold_within_each_class(seed: int, rare: int) -> None:
    columns = table(1500, seed)
    columns["y"] = ["rare" if k < rare else "usual" for k in range(1500)]
    found = split(read(columns, target="y"), ("y",))
    for label in ("rare", "usual"):
        parts = found.parts[np.array(columns["y"]) == label]
        assert np.mean(parts == TEST) == pytest.approx(0.15, abs=1.5 / len(parts))
        assert np.mean(parts == VALIDATION) == pytest.approx(0.15, abs=1.5 / len(parts))


@SETTINGS
@given(seed=st.integers(0, 99))
def test_shares_hold_within_each_tenth_of_a_number(seed: int) -> None:
    columns = table(2000, seed, "number")
    found = split(read(columns, Reading(kind={"y": "number"})), ("y",))
    tenths = np.argsort(np.argsort(columns["y"])) * 10 // 2000
    for tenth in range(10):
        assert np.mean(found.parts[tenths == tenth] == TEST) == pytest.approx(0.15, abs=0.03)


@SETTINGS
@given(rows=st.integers(30, 300), groups=st.integers(3, 40), seed=st.integers(0, 99), folds=st.sampled_from([0, 5]))
def test_groups_never_straddle(rows: int, groups: int, seed: int, folds: int) -> None:
    columns = table(rows, seed)
    columns["who"] = [f"p{k}" for k in np.random.default_rng(seed).integers(0, groups, rows)]
    examples = read(columns, Reading(group="who", kind={"y": "category"}))
    found = split(examples, ("y",), folds=folds)
    for numbers in (found.parts, found.folds):
        if numbers is not None:
            by_group: dict[str, set[int]] = {}
            for who, number in zip(columns["who"], numbers.tolist(), strict=True):
                by_group.setdefault(who, set()).add(number)
            assert all(len(each) == 1 for each in by_group.values())


@SETTINGS
@given(rows=st.integers(20, 200), seed=st.integers(0, 99), folds=st.sampled_from([0, 5]))
def test_rows_that_are_alike_never_straddle(rows: int, seed: int, folds: int) -> None:
    """Also where they are labelled differently."""
    columns = joined(table(rows, seed), table(rows, seed))
    columns["y"][rows:] = columns["y"][rows - 1 :: -1]
    examples = read(columns, Reading(kind={"y": "category"}))
    found = split(examples, ("y",), folds=folds)
    for numbers in (found.parts, found.folds):
        if numbers is not None:
            np.testing.assert_array_equal(numbers[:rows], numbers[rows:])


@SETTINGS
@given(rows=st.integers(20, 300), moments=st.integers(4, 60), seed=st.integers(0, 99))
def test_time_runs_one_way(rows: int, moments: int, seed: int) -> None:
    columns = table(rows, seed)
    days = np.random.default_rng(seed).integers(0, moments, rows)
    days[:4] = [0, 1, 2, 3]
    columns["when"] = [str(np.datetime64("2024-01-01") + int(day)) for day in days]
    examples = read(columns, Reading(time="when", kind={"y": "category"}))
    found = split(examples, ("y",))
    latest = {part: days[found.parts == part].max() for part in (TRAIN, VALIDATION)}
    earliest = {part: days[found.parts == part].min() for part in (VALIDATION, TEST)}
    assert latest[TRAIN] < earliest[VALIDATION]
    assert latest[VALIDATION] < earliest[TEST]
    later = read({**columns, "when": ["2030-01-01"] * rows}, Reading(time="when", kind={"y": "category"}))
    placed = place(found.thresholds, later.keys(("y",)), later.values("y"), later.values("when"))
    assert (placed == TEST).all()


@SETTINGS
@given(rows=st.integers(20, 300), seed=st.integers(0, 99))
def test_folds_share_out_every_labelled_row_once(rows: int, seed: int) -> None:
    columns = table(rows, seed)
    columns["y"] = [None if k % 7 == 3 else label for k, label in enumerate(columns["y"])]
    found = split(read(columns, Reading(kind={"y": "category"})), ("y",))
    assert found.folds is not None
    known = np.array([label is not None for label in columns["y"]])
    assert (found.folds[~known] == -1).all()
    sizes = np.bincount(found.folds[known], minlength=5)
    assert len(sizes) == 5
    assert sizes.max() - sizes.min() <= 3  # one for each class
    for label in set(columns["y"]) - {None}:
        inside = np.bincount(found.folds[np.array([each == label for each in columns["y"]])], minlength=5)
        assert inside.max() - inside.min() <= 1


@SETTINGS
@given(rows=st.integers(30, 300), seed=st.integers(0, 99))
def test_a_test_set_of_ones_own_stays_one(rows: int, seed: int) -> None:
    columns = table(rows, seed)
    own = np.random.default_rng(seed).random(rows) < 0.3
    own[:2] = True
    columns["split"] = ["test" if each else "train" for each in own]
    examples = read(columns, Reading(kind={"y": "category"}))
    assert examples.parts is not None
    for folds in (0, 5):
        found = split(examples, ("y",), folds=folds)
        np.testing.assert_array_equal(found.parts == TEST, own)
        assert found.folds is None or (found.folds[own] == -1).all()


@SETTINGS
@given(rows=st.integers(2, 60), seed=st.integers(0, 99))
def test_a_cell_is_the_same_however_it_is_stored(rows: int, seed: int) -> None:
    """The number 1, the words "1" and "1.0": a column whose kind changes keeps its keys."""
    numbers = np.random.default_rng(seed).integers(-9, 9, rows)
    same = [read({"x": cells}).keys() for cells in (numbers, numbers.astype(float), [str(each) for each in numbers])]
    as_words = read({"x": numbers}, Reading(kind={"x": "category"}))
    assert isinstance(as_words.values("x"), Coded)
    for keys in (*same[1:], as_words.keys()):
        np.testing.assert_array_equal(same[0], keys)


@SETTINGS
@given(seed=st.integers(1, 99))
def test_another_seed_gives_another_split(seed: int) -> None:
    examples = read(table(300, 0), target="y")
    one, other = (split(examples, ("y",), seed=each, folds=0) for each in (0, seed))
    assert (one.parts != other.parts).any()
    placed = place(other.thresholds, examples.keys(("y",)), examples.values("y"))
    np.testing.assert_array_equal(placed, other.parts)
