"""Rows without a label that are answered from what is near them: exactly these, as well as is said, and kept."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

import lamina
from lamina.core import DataError, PlanError
from lamina.insight import assumptions, transduced
from lamina.learning import graph, shares
from lamina.learning.assumptions import dimensions
from lamina.learning.graph import Graph
from lamina.learning.spreading import method_for, spread


def _moons(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Two bent groups that no straight line parts."""
    rng = np.random.default_rng(0)
    side = np.arange(rows) % 2
    angle = rng.uniform(0, np.pi, rows)
    x = np.stack([np.cos(angle), np.sin(angle)], 1)
    x = np.where(side[:, None] > 0, np.array([1.0, 0.4]) - x, x) + rng.normal(0, 0.06, (rows, 2))
    return x.astype(np.float32), side


def _partly(rows: int, labelled: int) -> tuple[dict[str, list[object]], np.ndarray]:
    x, side = _moons(rows)
    names = np.array(["lower", "upper"])[side]
    label = [str(name) if place < labelled else None for place, name in enumerate(names)]
    return {"x": x[:, 0].tolist(), "y": x[:, 1].tolist(), "label": label}, names


def test_one_label_of_each_class_spreads_along_what_is_near() -> None:
    x, side = _moons(600)
    ties = Graph.of(x, np.random.default_rng(0)).ties
    assert method_for(side[:2]) == "poisson"
    raw = spread(ties, np.array([0, 1]), side[:2], 2, "poisson")
    assert (raw.argmax(1) == side).mean() > 0.97
    nearest = ((x[:, None] - x[:2]) ** 2).sum(2).argmin(1)
    assert (nearest == side).mean() < 0.95  # the ties tell it, not how near the labels are


def test_many_labels_are_spread_by_laplace_learning() -> None:
    x, side = _moons(600)
    assert method_for(side[:300]) == "laplace"
    raw = spread(Graph.of(x, np.random.default_rng(0)).ties, np.arange(300), side[:300], 2, "laplace")
    assert (raw.argmax(1) == side)[300:].mean() > 0.97


def test_a_part_that_nothing_ties_to_a_label_still_has_an_answer() -> None:
    x, side = _moons(60)
    ties = Graph.of(np.concatenate([x, x + 100]), np.random.default_rng(0)).ties
    raw = spread(ties, np.arange(2), side[:2], 2, "poisson")
    assert np.isfinite(raw).all()


def test_nearly_all_of_the_nearest_are_found_in_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(2_000, 4)).astype(np.float32)
    exact, _ = graph.nearest(x, 5, np.random.default_rng(0))
    monkeypatch.setattr(graph, "EXACT", 500)
    listed, far = graph.nearest(x, 5, np.random.default_rng(0))
    assert np.mean([len(set(a) & set(b)) / 5 for a, b in zip(exact, listed, strict=True)]) > 0.95
    assert (np.diff(far, axis=1) >= 0).all()
    assert not (listed == np.arange(len(x))[:, None]).any()


def test_dimensions_are_those_of_what_rows_lie_on() -> None:
    rng = np.random.default_rng(0)
    flat = rng.uniform(size=(3_000, 3)) @ rng.normal(size=(3, 20))
    assert round(dimensions(Graph.of(flat.astype(np.float32), rng).far) or 0) == 3


def test_exactly_the_rows_without_a_label_are_answered_and_the_answers_are_kept(tmp_path) -> None:
    rows, names = _partly(300, 30)
    model = lamina.learn(rows, "label", transduce=True, steps=5, out=tmp_path / "moons.lamina", show=False)
    found = list(csv.DictReader(io.StringIO(model.answers)))
    assert [int(each["row"]) for each in found] == list(range(31, 301))
    assert np.mean([each["label"] == names[int(each["row"]) - 1] for each in found]) > 0.95
    again = lamina.load(tmp_path / "moons.lamina")
    assert again.answers == model.answers
    assert type(again).from_bytes(again.to_bytes()).answers == model.answers
    told = model.card.results
    right = told["transduced"]["right"]
    assert right["low"] < 0.97 <= right["high"]
    assert "labels that were hidden" in transduced.said(told["transduced"])
    assert "270" in model.report
    assert "It holds." in dict(assumptions.said(told["assumptions"]))["near examples are alike"]


@pytest.mark.parametrize("frequent", ["equal", ("lower=0.2", "upper=0.8")], ids=["equal", "a fifth, which is not so"])
def test_answers_keep_to_the_shares_that_were_given(frequent) -> None:
    rows, _ = _partly(300, 30)
    model = lamina.learn(rows, "label", transduce=True, shares=frequent, steps=5, show=False)
    found = [each["label"] for each in csv.DictReader(io.StringIO(model.answers))]
    told = model.card.results["transduced"]
    assert told["shares"] == ({"lower": 0.5, "upper": 0.5} if frequent == "equal" else {"lower": 0.2, "upper": 0.8})
    assert np.mean(np.array(found) == "lower") == pytest.approx(told["shares"]["lower"], abs=0.02)
    assert "shares of the classes that were given" in transduced.said(told)


@pytest.mark.parametrize("frequent", [(), ("storm=0.9", "calm=0.1")], ids=["as it comes", "shares that are so"])
def test_of_texts_with_few_labels_words_tell_more_than_what_is_near(frequent) -> None:
    """One in ten is about calm weather, in other words; half of all words say nothing."""
    rng = np.random.default_rng(0)
    calm = rng.random(500) < 0.1
    some = rng.integers(0, 12, (500, 8)) + np.where(rng.random((500, 8)) < 0.5, 100, 20 * calm[:, None])
    names = np.where(calm, "calm", "storm")
    known = np.concatenate([np.flatnonzero(calm == each)[:8] for each in (False, True)])
    label = [str(name) if place in known else None for place, name in enumerate(names)]
    rows = {"said": [" ".join(f"w{word}x" for word in each) for each in some], "label": label}
    model = lamina.learn(rows, "label", transduce=True, shares=frequent, steps=5, show=False)
    told = model.card.results["transduced"]
    assert told["method"] == "teachers"
    assert "naive Bayes" in model.report
    found = list(csv.DictReader(io.StringIO(model.answers)))
    assert np.mean([each["label"] == names[int(each["row"]) - 1] for each in found]) > 0.93
    if frequent:
        answered = [each["label"] for each in found]
        assert np.mean(np.array(answered) == "calm") == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("labels", [6, 300], ids=["few", "many"])
def test_shares_that_are_so_make_answers_better(labels: int) -> None:
    rng = np.random.default_rng(0)
    side = (np.arange(900) >= 720).astype(int)  # a fifth: with as many labels of each, too many are taken for it
    x = (rng.normal(0, 1, (900, 2)) + 2.0 * side[:, None]).astype(np.float32)
    ties = Graph.of(x, rng).ties
    known = np.concatenate([rng.permutation(np.flatnonzero(side == each))[: labels // 2] for each in (0, 1)])
    asked = np.setdiff1d(np.arange(900), known)
    method = method_for(side[known])
    assert method == ("laplace" if labels > 200 else "poisson")
    raw = spread(ties, known, side[known], 2, method)
    some = np.bincount(side[asked], minlength=2) / len(asked)
    if method == "laplace":
        better = shares.kept(raw, asked, some)
    else:
        better = shares.flowing(ties, known, side[known], raw, asked, some)
    right = [(each.argmax(1) == side)[asked].mean() for each in (raw, better)]
    assert right[1] > right[0] + 0.02
    assert np.bincount(better[asked].argmax(1)) / len(asked) == pytest.approx(some, abs=0.01)


@pytest.mark.parametrize(
    ("frequent", "says"),
    [
        (("lower=0.5", "upper=0.6"), "sum to 1.1"),
        (("lower=0.5", "uper=0.5"), "'uper', which is no class. Did you mean 'upper'"),
        (("lower=1",), "no share \\(first: upper\\)"),
        (("lower=half", "upper=0.5"), "'lower=half' was not understood"),
        (("equal", "upper=0.5"), "'equal' was not understood"),
        (("lower=0", "upper=1"), "more than 0"),
        (("lower=0.5", "lower=0.5"), "two shares"),
    ],
)
def test_shares_that_mean_nothing_are_refused_before_learning(frequent, says) -> None:
    rows, _ = _partly(60, 20)
    running = lamina.training(rows, "label", transduce=True, shares=frequent, steps=2)
    stages: list[str] = []
    with pytest.raises(PlanError, match=says):
        stages.extend(progress.stage for progress in running)
    assert set(stages) == {"reading"}


def test_shares_are_of_rows_that_transduce_answers() -> None:
    with pytest.raises(PlanError, match="--transduce"):
        lamina.training(_partly(60, 20)[0], "label", shares="equal")


@pytest.mark.parametrize("labels", [180, 220, 280], ids=["few", "just many: fewer once a fifth is hidden", "many"])
def test_answers_are_as_sure_as_hidden_labels_say_that_they_are_right(labels: int) -> None:
    rng = np.random.default_rng(1)
    side = np.arange(1_500) % 2
    x = rng.normal(0, 1, (1_500, 2)) + 1.6 * side[:, None]  # they overlap
    label = [str(name) if k < labels else None for k, name in enumerate(np.array(["low", "high"])[side])]
    rows = {"x": x[:, 0].tolist(), "y": x[:, 1].tolist(), "label": label}
    model = lamina.learn(rows, "label", transduce=True, steps=5, show=False)
    found = list(csv.DictReader(io.StringIO(model.answers)))
    right = model.card.results["transduced"]["right"]["value"]
    assert np.mean([float(each["confidence"]) for each in found]) == pytest.approx(right, abs=0.06)


def test_where_labels_mean_nothing_that_is_said() -> None:
    rows, _ = _partly(300, 80)
    shuffled = np.random.default_rng(0).permutation(rows["label"][:80]).tolist()
    model = lamina.learn(
        rows | {"label": [*shuffled, *rows["label"][80:]]}, "label", transduce=True, steps=5, show=False
    )
    assert model.card.results["transduced"]["right"]["value"] < 0.75
    assert "does not hold" in dict(assumptions.said(model.card.results["assumptions"]))["near examples are alike"]


def test_one_label_a_class_is_learned_from_but_tells_nothing_of_how_good_that_is() -> None:
    rows, names = _partly(300, 2)
    model = lamina.learn(rows, "label", transduce=True, steps=5, show=False)
    found = [each["label"] for each in csv.DictReader(io.StringIO(model.answers))]
    assert np.mean(np.array(found) == names[2:]) > 0.95
    assert "cannot be told" in transduced.said(model.card.results["transduced"])


@pytest.mark.parametrize(
    ("rows", "target", "more", "error", "says"),
    [
        ({"x": list(range(40)), "y": ["a", "b"] * 20}, "y", {}, DataError, "every row has one"),
        ({"x": list(range(40)), "y": [*map(float, range(30)), *[None] * 10]}, "y", {}, PlanError, "categories"),
        ({"x": list(range(40)), "y": ["a", "b"] * 20}, "y", {"verify": True}, PlanError, "--verify"),
    ],
)
def test_what_cannot_be_answered_so_is_refused(rows, target, more, error, says) -> None:
    with pytest.raises(error, match=says):
        lamina.learn(rows, target, transduce=True, steps=2, show=False, **more)


def test_a_model_without_answers_says_how_to_get_them() -> None:
    model = lamina.learn({"x": list(range(40)), "y": ["a", "b"] * 20}, "y", steps=2, folds=0, show=False)
    with pytest.raises(PlanError, match="--transduce"):
        _ = model.answers


def test_labels_of_ones_own_test_set_judge_and_are_never_spread() -> None:
    """However many labels there are: here those of the test set are all wrong."""
    world, names = _partly(1_900, 1_400)
    other = {"lower": "upper", "upper": "lower"}
    part = ["test" if place < 300 else "train" for place in range(1_900)]
    world["label"][:300] = [other[str(name)] for name in names[:300]]
    model = lamina.learn(world | {"split": part}, "label", transduce=True, steps=5, show=False)
    told = model.card.results["transduced"]
    assert told["labels"] == 1_100
    assert told["right"]["rows"] == 300
    assert told["right"]["value"] < 0.1
